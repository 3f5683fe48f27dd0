#include "volume/service.hpp"

#include <filesystem>

#include "base/own_folder.hpp"
#include "volume/api/api.hpp"
#include "volume/flows/attachments.hpp"
#include "volume/flows/check.hpp"
#include "volume/flows/flows.hpp"
#include "volume/flows/reach.hpp"
#include "volume/flows/tasks.hpp"
#include "volume/flows/volume_keys.hpp"
#include "volume/model/key_vault.hpp"
#include "volume/repo/attachment_repo.hpp"
#include "volume/repo/claim_repo.hpp"
#include "volume/repo/key_repo.hpp"
#include "volume/repo/snapshot_repo.hpp"
#include "volume/repo/type_repo.hpp"
#include "volume/repo/volume_repo.hpp"
#include "volume/settings.hpp"

namespace virga::volume {

struct Service::Impl {
    flows::Dependencies dependencies;
    identity::Service& identity;
    std::unique_ptr<KeyVault> vault = {};
};

namespace {

template <class T, class R>
std::optional<T> sliced(std::optional<R> record) {
    if (!record) return std::nullopt;
    return T(static_cast<const T&>(*record));
}

void check_owner(const identity::Auth& auth, const ProjectId& owner, const std::string& what, const std::string& id) {
    if (auth.reaches(owner)) return;
    throw Error(ErrorCode::NotFound, what + " " + id + " could not be found.", {}, id);
}

/// `is_fixed`: other processes seal keys by it. Otherwise, as long as none is sealed, another one may take its place.
void keep_master_key(db::Transaction& tx, const KeyVault& vault, const std::string& file, bool is_fixed) {
    const auto known = repo::master_fingerprint(tx);
    if (known == vault.fingerprint()) return;
    if (!known.empty() && is_fixed) {
        throw Error(ErrorCode::InvalidInput,
                    "master key file '" + file +
                        "' is not the one of the cloud whose database database.url names: copy master.key and openrc "
                        "from the control process that made the cloud");
    }
    repo::set_master_fingerprint(tx, vault.fingerprint());
}

json::object connector_of(const std::string& host) {
    return {{"host", host}};
}

}  // namespace

Service::Service(db::Database& database, const config::Config& config, identity::Service& identity,
                 image::Service& images, rpc::Caller& hosts, taskflow::Runner& runner)
    : impl_(new Impl{{database, config, images, hosts, runner}, identity}) {}

Service::~Service() = default;

void Service::use(AttachedVolumes& attached) {
    impl_->dependencies.attached = &attached;
}

void Service::register_routes(http::Router& router) {
    api::register_routes(router, {impl_->dependencies, impl_->identity});
}

void Service::register_tasks(taskflow::Registry& registry) {
    flows::register_tasks(registry, impl_->dependencies);
}

void Service::bootstrap() {
    const auto& name = impl_->dependencies.config.get(setting::default_type);
    impl_->dependencies.db.write_with([&](db::Transaction& tx) {
        if (repo::find_type(tx, name)) return;
        VolumeType type{new_uuid(), name, "Default Volume Type", true, {}, {}, now_us()};
        repo::insert(tx, type);
    });
}

void Service::check_settings(const config::Config& config) {
    const auto& file = config.get(setting::master_key_file);
    if (file.empty()) return;
    check_folder(setting::master_key_file.key, std::filesystem::path(file).parent_path().string());
    KeyVault::check(file);
}

void Service::open_vault(const std::string& state_dir) {
    auto& d = impl_->dependencies;
    auto file = d.config.get(setting::master_key_file);
    if (file.empty()) file = state_dir + "/master.key";
    const auto present = d.db.read_with([](db::Transaction& tx) { return repo::some_key(tx); });
    // Where others may seal keys at any time, there is one master key from the first start on.
    const bool is_fixed = d.db.is_shared() && !d.db.read_with(repo::master_fingerprint).empty();
    auto vault = std::make_unique<KeyVault>(file, !present && !is_fixed);
    try {
        if (present) vault->opened(present->id, present->sealed);
    } catch (const Error& failure) {
        throw Error(ErrorCode::InvalidInput,
                    "master key file '" + file + "' is not the one of this cloud: " + failure.message());
    }
    d.db.write_with([&](db::Transaction& tx) { keep_master_key(tx, *vault, file, d.db.is_shared()); });
    impl_->vault = std::move(vault);
    d.vault = impl_->vault.get();
}

std::string Service::cloud_id() const {
    return impl_->vault->fingerprint();
}

Secret Service::derived_key(const std::string& purpose) const {
    return impl_->vault->derived(purpose);
}

void Service::add_keys(json::object& params) {
    flows::add_keys(impl_->dependencies, params);
}

std::vector<std::string> Service::check(db::Transaction& tx, const std::vector<ServerId>& live_servers) {
    return flows::check(tx, impl_->dependencies, live_servers);
}

std::optional<Volume> Service::find(db::Transaction& tx, const VolumeId& id) {
    return sliced<Volume>(repo::find_volume(tx, id));
}

Volume Service::get(db::Transaction& tx, const identity::Auth& auth, const VolumeId& id) {
    const auto volume = repo::get_volume(tx, id);
    check_owner(auth, volume.project, "Volume", id.value);
    return volume;
}

Reach Service::reach(db::Transaction& tx, const VolumeId& id) {
    const auto volume = repo::find_volume(tx, id);
    return volume ? flows::reach_of(impl_->dependencies, *volume) : Reach::Anywhere;
}

std::optional<Snapshot> Service::find_snapshot(db::Transaction& tx, const SnapshotId& id) {
    return sliced<Snapshot>(repo::find_snapshot(tx, id));
}

Snapshot Service::get_snapshot(db::Transaction& tx, const identity::Auth& auth, const SnapshotId& id) {
    const auto snapshot = repo::get_snapshot(tx, id);
    check_owner(auth, snapshot.project, "Snapshot", id.value);
    return snapshot;
}

std::string Service::resolve_type(db::Transaction& tx, const std::string& id_or_name) {
    return repo::get_type(tx, id_or_name).name;
}

FlowId Service::create(db::Transaction& tx, const identity::Auth& auth, const NewVolume& volume,
                       const std::optional<FlowId>& parent) {
    return flows::create_volume(tx, impl_->dependencies, auth, volume, parent);
}

void Service::claim(db::Transaction& tx, const identity::Auth& auth, const NewVolume& volume) {
    flows::claim_volume(tx, impl_->dependencies, auth, volume);
}

void Service::renew_claim(db::Transaction& tx, const std::string& claim) {
    repo::set_made(tx, claim, false);
}

void Service::boot_ended(db::Transaction& tx, const ServerId& server) {
    repo::delete_claims_of(tx, server);
    repo::clear_created_for(tx, server);
    impl_->dependencies.images.release_holds(tx, server.value);
}

std::optional<FlowId> Service::remove(db::Transaction& tx, const VolumeId& id, const std::string& request_id,
                                      const std::optional<FlowId>& parent) {
    repo::set_created_for(tx, id, {});
    return flows::delete_volume(tx, impl_->dependencies, id, request_id, parent);
}

Attachment Service::reserve(db::Transaction& tx, const AttachmentId& id, const VolumeId& volume,
                            const ServerId& server) {
    return flows::reserve(tx, id, volume, server);
}

std::optional<Attachment> Service::find_attachment(db::Transaction& tx, const AttachmentId& id) {
    return sliced<Attachment>(repo::find_attachment(tx, id));
}

std::vector<Attachment> Service::attachments_of_server(db::Transaction& tx, const ServerId& server) {
    std::vector<Attachment> out;
    for (auto& item : repo::attachments_of_server(tx, server)) out.push_back(std::move(item));
    return out;
}

json::object Service::initialize_connection(const VolumeId& volume, const std::string& connector_host,
                                            const rpc::CallOptions& options) {
    auto info = flows::initialize_connection(impl_->dependencies, volume, connector_of(connector_host), options);
    const auto record =
        impl_->dependencies.db.read_with([&](db::Transaction& tx) { return repo::get_volume(tx, volume); });
    flows::check_for_guest(record, connector_host, info);
    return info;
}

void Service::connected(db::Transaction& tx, const AttachmentId& id, const std::string& connector_host,
                        const std::string& device, const json::object& connection_info) {
    flows::connected(tx, id, connector_host, device, connection_info);
}

void Service::complete(db::Transaction& tx, const AttachmentId& id) {
    flows::complete(tx, id);
}
void Service::begin_detaching(db::Transaction& tx, const VolumeId& id) {
    flows::begin_detaching(tx, id);
}
void Service::roll_detaching(db::Transaction& tx, const VolumeId& id, const taskflow::TaskContext& context,
                             const std::string& reason) {
    flows::roll_detaching(tx, id);
    flows::tell_user(tx, context, "VOLUME", id.value, "detach", reason);
}

void Service::terminate_connection(const VolumeId& volume, const std::string& connector_host,
                                   const rpc::CallOptions& options) {
    flows::terminate_connection(impl_->dependencies, volume, connector_of(connector_host), options);
}

void Service::detached(db::Transaction& tx, const AttachmentId& id) {
    flows::detached(tx, id);
}

std::vector<FlowId> Service::flows_holding(db::Transaction& tx, const ServerId& server) {
    return repo::flows_holding_volumes_of(tx, server);
}

}  // namespace virga::volume
