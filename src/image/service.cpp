#include "image/service.hpp"

#include "base/error.hpp"
#include "image/api/api.hpp"
#include "image/repo/image_repo.hpp"
#include "image/stores/reconcile.hpp"

namespace virga::image {

struct Service::Impl {
    Impl(db::Database& database, const config::Config& config, identity::Service& identity,
         const std::string& state_dir)
        : store(state_dir + "/images"),
          uploader(database, config, store, uploads),
          context{database, identity, store, uploads, uploader} {}
    FileStore store;
    ActiveUploads uploads;
    Uploader uploader;
    api::Context context;
};

Service::Service(db::Database& database, const config::Config& config, identity::Service& identity,
                 std::string state_dir)
    : impl_(std::make_unique<Impl>(database, config, identity, state_dir)) {}
Service::~Service() = default;

void Service::register_routes(http::Router& router) {
    router.set_fault_writer("/image", http::html_fault);
    api::add_versions(router);
    api::add_images(router, impl_->context);
    api::add_image_file(router, impl_->context);
    api::add_actions(router, impl_->context);
    api::add_tags(router, impl_->context);
    api::add_members(router, impl_->context);
    api::add_schemas(router, impl_->context);
    api::add_info(router, impl_->context);
}

void Service::recover() {
    recover_store(impl_->context.database, impl_->store);
}

std::vector<std::string> Service::check(db::Transaction& tx) {
    return check_store(tx, impl_->store, impl_->uploads);
}

std::optional<Image> Service::find(db::Transaction& tx, const identity::Auth& auth, const ImageId& id) {
    const auto record = repo::find(tx, id.value);
    if (!record || !api::is_visible(tx, auth, *record)) return std::nullopt;
    return to_image(*record);
}

std::optional<Image> Service::find_any(db::Transaction& tx, const ImageId& id) {
    const auto record = repo::find(tx, id.value);
    if (!record) return std::nullopt;
    return to_image(*record);
}

ImageSource Service::source(db::Transaction& tx, const ImageId& id) {
    const auto record = repo::find(tx, id.value);
    if (!record || !record->has_data()) {
        throw Error(ErrorCode::NotFound, "Image " + id.value + " could not be found, or it has no data.", {}, id.value);
    }
    return {record->id,
            impl_->store.path(record->id),
            record->tool_format,
            record->container_format,
            record->size_bytes.value_or(0),
            record->sha512};
}

}  // namespace virga::image
