#include "image/service.hpp"

#include "base/error.hpp"
#include "image/api/api.hpp"
#include "image/model/attributes.hpp"
#include "image/repo/image_repo.hpp"
#include "image/settings.hpp"
#include "image/stores/reconcile.hpp"

namespace virga::image {

namespace {

std::string folder_of(const config::Config& config, const std::string& state_dir) {
    const auto& folder = config.get(setting::folder);
    return folder.empty() ? state_dir + "/images" : folder;
}

}  // namespace

struct Service::Impl {
    Impl(db::Database& database, const config::Config& config, identity::Service& identity,
         const std::string& state_dir)
        : formats(config),
          store(folder_of(config, state_dir)),
          uploader(database, config, store, uploads, formats),
          context{database, identity, store, uploads, uploader, formats, {}} {}

    std::string transfer(Transfer transfer) const {
        if (!context.signer) return {};
        transfer.until_s = now_us() / 1'000'000 + transfer_seconds(transfer.size_bytes);
        return context.signer->url(transfer);
    }

    Image view(const Record& record) const {
        auto image = to_image(record);
        image.unusable = formats.unusable(record);
        return image;
    }

    Formats formats;
    FileStore store;
    ActiveUploads uploads;
    Uploader uploader;
    api::Context context;
    /// Alone, nobody else has uploads.
    OwnerLives owner_lives = [](db::Transaction&, const std::string&) { return false; };
};

Service::Service(db::Database& database, const config::Config& config, identity::Service& identity,
                 std::string state_dir)
    : impl_(std::make_unique<Impl>(database, config, identity, state_dir)) {}
Service::~Service() = default;

void Service::register_routes(http::Router& router) {
    router.set_fault_writer("/image", http::html_fault);
    router.refuse_empty_ids("/image/v2");
    api::add_versions(router);
    api::add_images(router, impl_->context);
    api::add_image_file(router, impl_->context);
    api::add_transfers(router, impl_->context);
    api::add_actions(router, impl_->context);
    api::add_tags(router, impl_->context);
    api::add_members(router, impl_->context);
    api::add_schemas(router, impl_->context);
    api::add_info(router, impl_->context);
}

void Service::sign_transfers_with(const Secret& key) {
    impl_->context.signer.emplace(key);
}

void Service::share_store(std::function<std::string()> self,
                          std::function<bool(db::Transaction&, const std::string& owner)> lives) {
    impl_->uploader.own_as(std::move(self));
    impl_->owner_lives = std::move(lives);
}

void Service::recover() {
    // Of its own it knows which it is receiving: one that isn't among them was given up and could not be put back.
    const auto self = impl_->uploader.owner();
    recover_store(
        impl_->context.database, impl_->store, impl_->uploads,
        [&](db::Transaction& tx, const std::string& owner) { return owner != self && impl_->owner_lives(tx, owner); });
}

std::vector<std::string> Service::check(db::Transaction& tx) {
    return check_store(tx, impl_->store, impl_->uploads);
}

std::optional<Image> Service::find(db::Transaction& tx, const identity::Auth& auth, const ImageId& id) {
    const auto record = repo::find(tx, id.value);
    if (!record || !api::is_visible(tx, auth, *record)) return std::nullopt;
    return impl_->view(*record);
}

std::optional<Image> Service::find_any(db::Transaction& tx, const ImageId& id) {
    const auto record = repo::find(tx, id.value);
    if (!record) return std::nullopt;
    return impl_->view(*record);
}

ImageSource Service::source(db::Transaction& tx, const ImageId& id, const std::string& host) {
    const auto record = repo::find(tx, id.value);
    if (!record || !record->has_data()) {
        throw Error(ErrorCode::NotFound, "Image " + id.value + " could not be found, or it has no data.", {}, id.value);
    }
    if (const auto why = impl_->formats.unusable(*record); !why.empty())
        throw Error(ErrorCode::InvalidInput, why + ".", {}, id.value);
    const auto size = record->size_bytes.value_or(0);
    return {record->id,
            impl_->store.path(record->id),
            record->disk_format,
            record->container_format,
            size,
            record->sha512,
            record->xxh3,
            impl_->store.mark(),
            impl_->transfer({Transfer::Purpose::Get, record->id, {}, size, host})};
}

std::vector<ImageId> Service::find_named(db::Transaction& tx, const identity::Auth& auth, const std::string& name) {
    ListQuery query;
    query.one_of.emplace_back("name", std::vector<std::string>{name});
    query.sort.push_back({"id", false, false});
    query.limit = 1;
    std::vector<ImageId> ids;
    for (const auto& record : repo::list(tx, auth, query)) ids.emplace_back(record.id);
    return ids;
}

void Service::hold(db::Transaction& tx, const ImageId& id, const std::string& holder) {
    if (!repo::find(tx, id.value)) {
        throw Error(ErrorCode::NotFound, "Image " + id.value + " could not be found.", {}, id.value);
    }
    repo::hold(tx, id.value, holder);
}

void Service::release_holds(db::Transaction& tx, const std::string& holder) {
    repo::release_holds(tx, holder);
}

Image Service::create(db::Transaction& tx, const identity::Auth& auth, const NewImage& image) {
    Record record;
    record.id = image.id.value;
    record.owner = auth.project.value;
    record.created_us = record.updated_us = now_us();
    record.properties = {};
    for (const auto& item : image.properties) {
        if (find_attribute(item.key()) == nullptr) set_attribute(record, auth, item.key(), item.value());
    }
    set_attribute(record, auth, "name", json::value(image.name));
    set_attribute(record, auth, "disk_format", json::value(image.disk_format));
    set_attribute(record, auth, "container_format", json::value(image.container_format));
    set_attribute(record, auth, "visibility", json::value(image.visibility));
    set_attribute(record, auth, "protected", json::value(image.is_protected));
    set_attribute(record, auth, "min_disk", json::value(image.min_disk_gib));
    set_attribute(record, auth, "min_ram", json::value(image.min_ram_mib));
    impl_->formats.require(record.disk_format);
    check_counts(record);
    impl_->uploader.quota().require_place(tx, record.owner);
    impl_->uploader.quota().require_room(tx, record, image.expected_bytes);
    repo::insert(tx, record);
    return impl_->view(record);
}

void Service::begin_upload(db::Transaction& tx, const ImageId& id, const FlowId& upload, std::int64_t expected_bytes) {
    auto record = repo::find(tx, id.value);
    if (!record) throw Error(ErrorCode::NotFound, "Image " + id.value + " was deleted.", {}, id.value);
    const bool begun = record->status == ImageStatus::Saving && record->upload_id == upload.value;
    if (!begun && record->status == ImageStatus::Queued) impl_->uploader.quota().require_upload(tx, record->owner);
    if (!begun && !repo::start_upload(tx, id.value, {upload.value, repo::UploadBy::Flow})) {
        throw Error(ErrorCode::Conflict, "Image " + id.value + " can't take data: it is " + text_of(record->status), {},
                    id.value);
    }
    if (begun || expected_bytes == 0) return;
    record->upload_id = upload.value;
    impl_->uploader.quota().charge(tx, *record, expected_bytes);
}

void Service::charge_upload(const ImageId& id, const FlowId& upload, std::int64_t bytes) {
    impl_->context.database.write_with(
        [&](db::Transaction& tx) {
            const auto record = repo::find(tx, id.value);
            if (!record || record->upload_id != upload.value) {
                throw Error(ErrorCode::NotFound, "Image " + id.value + " no longer waits for this upload.", {},
                            id.value);
            }
            if (bytes > record->charged_bytes) impl_->uploader.quota().charge(tx, *record, bytes);
        },
        db::Durability::Grouped);
}

ImageTarget Service::upload_target(const ImageId& id, const FlowId& upload, const std::string& host) {
    ImageTarget target{id.value, upload.value, impl_->store.folder()};
    impl_->context.database.read_with([&](db::Transaction& tx) {
        const auto record = repo::find(tx, id.value);
        if (!record) return;
        target.disk_format = record->disk_format;
        target.keep_free_bytes = impl_->uploader.reserve();
        target.max_bytes = impl_->uploader.quota().room(tx, *record);
    });
    target.store = impl_->store.mark();
    target.transfer = impl_->transfer({Transfer::Purpose::Put, id.value, upload.value, target.max_bytes, host});
    return target;
}

void Service::remove_upload(const ImageId& id, const FlowId& upload) {
    const auto record =
        impl_->context.database.read_with([&](db::Transaction& tx) { return repo::find(tx, id.value); });
    if (record && (record->has_data() || record->upload_id != upload.value)) return;
    impl_->store.remove_parts(id.value, upload.value);
    impl_->store.remove(id.value);
}

void Service::finish_upload(db::Transaction& tx, const ImageId& id, const FlowId& upload, const StoredImage& stored) {
    auto record = repo::find(tx, id.value);
    if (!record) throw Error(ErrorCode::NotFound, "Image " + id.value + " was deleted.", {}, id.value);
    if (record->status == ImageStatus::Active) return;
    if (stored.size_bytes > impl_->uploader.quota().room(tx, *record)) {
        throw Error(ErrorCode::TooLarge, "The image is larger than the project's quota allows.");
    }
    if (impl_->store.size(id.value) != stored.size_bytes)
        throw Error(ErrorCode::Corrupt, "The image store doesn't have the data of image " + id.value + ".", {},
                    id.value);
    record->upload_id = upload.value;
    record->tool_format = stored.format;
    record->size_bytes = stored.size_bytes;
    record->virtual_size_bytes = stored.virtual_size_bytes;
    record->checksum_md5 = stored.md5;
    record->sha512 = stored.sha512;
    record->xxh3 = stored.xxh3;
    if (repo::finish_upload(tx, *record)) return;
    throw Error(ErrorCode::Conflict, "Image " + id.value + " no longer waits for this upload.", {}, id.value);
}

void Service::drop_upload(db::Transaction& tx, const ImageId& id, const FlowId& upload) {
    const auto record = repo::find(tx, id.value);
    if (!record) return;
    const bool ours = record->status == ImageStatus::Queued || record->upload_id == upload.value;
    if (ours && !record->has_data()) repo::mark_deleted(tx, id.value);
}

void Service::on_upload_deleted(std::function<void(db::Transaction&, const FlowId&)> handler) {
    impl_->context.upload_deleted = std::move(handler);
}

}  // namespace virga::image
