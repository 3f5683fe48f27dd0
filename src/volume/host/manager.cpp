#include "volume/host/manager.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>

#include "base/certificates.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/own_folder.hpp"
#include "base/scope_exit.hpp"
#include "config/between_hosts.hpp"
#include "disk/disk.hpp"
#include "volume/backup_commands.hpp"
#include "volume/host/backup/commands.hpp"
#include "volume/host/drivers/registry.hpp"
#include "volume/host/exports/exports.hpp"
#include "volume/host/parameters.hpp"
#include "volume/host/settings.hpp"
#include "volume/host_commands.hpp"

namespace virga::volume::host {
namespace {

std::string backup_folder(const config::Config& config, const std::string& state_dir) {
    const auto& folder = config.get(setting::backup_path);
    if (folder.empty()) return state_dir + "/backups";
    check_folder(setting::backup_path.key, folder);
    return folder;
}

/// Nothing: this host exports no volumes. Error{InvalidInput} that names a setting.
std::optional<ExportOptions> export_options(const config::Config& config, const std::string& state_dir,
                                            const std::string& host_name) {
    namespace between_hosts = config::between_hosts;
    auto address = config.get(between_hosts::address);
    if (address.starts_with('[')) address = address.substr(1, address.size() - 2);
    const auto& tls_folder = config.get(between_hosts::tls_folder);
    if (address.empty()) return std::nullopt;
    if (tls_folder.empty())
        throw Error(ErrorCode::InvalidInput,
                    "host.tls_folder: must be set where host.address is, since volumes are exported over TLS only: "
                    "`virga pki host` makes such a folder");
    check_host_certificates(between_hosts::tls_folder.key, tls_folder, host_name, address);
    if (::access(kExportProgram, X_OK) != 0)
        throw Error(ErrorCode::InvalidInput, std::string("host.address: to export volumes this host needs ") +
                                                 kExportProgram + ", of Debian's package qemu-system-common");
    constexpr std::size_t kMostOfSocket = 107;
    const auto folder = state_dir + "/exports";
    if (folder.size() + std::string_view("/65535.qmp").size() > kMostOfSocket)
        throw Error(ErrorCode::InvalidInput,
                    "state folder '" + state_dir + "' is too long for the sockets of exported volumes");
    const auto ports = between_hosts::ports_of(config.get(between_hosts::export_ports));
    is_port_free(address, ports.first);
    return ExportOptions{host_name, address, tls_folder, folder, ports.first, ports.last};
}

Call call_of(const rpc::Command& command) {
    return {command.cancelled, command.progress};
}

json::object to_json(const Created& created) {
    auto result = created.file.to_json();
    result["copied_bytes"] = created.copied_bytes;
    result["base_hit"] = created.base_hit;
    result["virtual_size_bytes"] = created.virtual_size_bytes;
    return result;
}

json::array names(const std::vector<std::string>& list) {
    json::array result;
    for (const auto& one : list) result.emplace_back(one);
    return result;
}

json::object hosts_by_volume(const std::map<std::string, std::vector<std::string>>& connections) {
    json::object result;
    for (const auto& [volume, hosts] : connections) result[volume] = names(hosts);
    return result;
}

json::object log_level(const rpc::Command& c) {
    const auto wanted = get_string(c.params, "level");
    if (!wanted.empty() && !log::set_level(wanted)) {
        throw Error(ErrorCode::InvalidInput, "level: '" + wanted + "' is not debug, info, warning or error");
    }
    return {{"level", log::level()}};
}

// A backend that can't be looked at must not hide the others.
Inventory look(Driver& driver) {
    try {
        return driver.inventory();
    } catch (const Error& e) {
        Inventory nothing;
        nothing.incomplete.push_back(e.message());
        return nothing;
    }
}

/// A command, and what of images it names, which was opened once and for all.
struct Asked : rpc::Command {
    std::optional<disk::OpenImage> image = {};
    std::optional<disk::OpenTarget> target = {};

    const ImageSource& source() const { return given(image, "image").source; }
    const ImageTarget& place() const { return given(target, "target").target; }

private:
    template <class Opened>
    static const Opened& given(const std::optional<Opened>& opened, const std::string& name) {
        if (opened) return *opened;
        throw Error(ErrorCode::InvalidInput, "parameter '" + name + "' is missing");
    }
};

using Operation = std::function<json::object(Driver&, const Asked&)>;

json::object create(Driver& driver, const rpc::Command& c) {
    return driver.create(read_id(c.params, "volume_id"), read_size_gib(c.params)).to_json();
}

json::object create_from_image(Driver& driver, const Asked& c) {
    return to_json(
        driver.create_from_image(read_id(c.params, "volume_id"), read_size_gib(c.params), c.source(), call_of(c)));
}

json::object create_from_snapshot(Driver& driver, const rpc::Command& c) {
    return to_json(driver.create_from_snapshot(read_id(c.params, "volume_id"), read_size_gib(c.params),
                                               read_id(c.params, "source_volume_id"), read_id(c.params, "snapshot_id"),
                                               call_of(c)));
}

json::object clone(Driver& driver, const rpc::Command& c) {
    return to_json(driver.clone(read_id(c.params, "volume_id"), read_size_gib(c.params),
                                read_id(c.params, "source_volume_id"), call_of(c)));
}

json::object remove(Driver& driver, const rpc::Command& c) {
    return {{"dependents", names(driver.remove(read_id(c.params, "volume_id")))}};
}

/// Housekeeping: whoever wants the volume meanwhile comes first.
json::object flatten(Driver& driver, const rpc::Command& c, const LockTable::Held& held) {
    auto call = call_of(c);
    call.cancelled = [&] { return held.is_wanted() || (c.cancelled && c.cancelled()); };
    const auto flattened = driver.flatten(read_id(c.params, "volume_id"), call);
    auto result = flattened.file.to_json();
    result["merged"] = flattened.merged;
    return result;
}

json::object extend(Driver& driver, const rpc::Command& c) {
    return driver.extend(read_id(c.params, "volume_id"), read_size_gib(c.params)).to_json();
}

json::object create_snapshot(Driver& driver, const rpc::Command& c) {
    const auto id = read_id(c.params, "volume_id");
    const auto snapshot = read_id(c.params, "snapshot_id");
    const bool attached = get_bool(c.params, "attached");
    return (attached ? driver.create_snapshot_online(id, snapshot) : driver.create_snapshot(id, snapshot)).to_json();
}

json::object next_merge(Driver& driver, const rpc::Command& c) {
    return driver.next_merge(read_id(c.params, "volume_id")).to_json();
}

json::object finish_merge(Driver& driver, const rpc::Command& c) {
    return driver.finish_merge(read_id(c.params, "volume_id"), LayerMerge::from_json(get_object(c.params, "merge")))
        .to_json();
}

json::object create_snapshots(Driver& driver, const rpc::Command& c) {
    json::array volumes;
    for (const auto& item : get_objects(c.params, "snapshots")) {
        if (c.cancelled && c.cancelled()) throw Error(ErrorCode::Cancelled, "taking the snapshots was cancelled");
        const auto volume = read_id(item, "volume_id");
        auto file = driver.create_snapshot(volume, read_id(item, "snapshot_id")).to_json();
        file["volume_id"] = volume;
        volumes.push_back(std::move(file));
    }
    return {{"volumes", std::move(volumes)}};
}

json::object delete_snapshot(Driver& driver, const rpc::Command& c) {
    return driver.delete_snapshot(read_id(c.params, "volume_id"), read_id(c.params, "snapshot_id")).to_json();
}

json::object revert(Driver& driver, const rpc::Command& c) {
    return driver.revert(read_id(c.params, "volume_id"), read_id(c.params, "snapshot_id"), call_of(c)).to_json();
}

json::object reimage(Driver& driver, const Asked& c) {
    return to_json(driver.reimage(read_id(c.params, "volume_id"), c.source(), call_of(c)));
}

Secret key_of(Driver& driver, const rpc::Command& c, const VolumeFile& file) {
    if (file.encryption.empty()) return {};
    return driver.keys().find(read_id(c.params, "volume_id"));
}

json::object upload(Driver& driver, const Asked& c) {
    const auto& target = c.place();
    StoredImage stored;
    driver.read(read_id(c.params, "volume_id"), [&](const VolumeFile& file) {
        stored = disk::store_image(file.path, file.format, target, c.progress, c.cancelled, key_of(driver, c, file));
    });
    return stored.to_json();
}

json::object discard_upload(Driver&, const Asked& c) {
    disk::discard_image(c.place());
    return {};
}

json::object manageable(Driver& driver) {
    json::array items;
    for (const auto& one : driver.manageable()) {
        items.push_back(json::object{
            {"name", one.name}, {"size_gib", one.size_gib}, {"reason", one.reason}, {"volume", one.volume_id}});
    }
    return {{"items", std::move(items)}};
}

json::object manage(Driver& driver, const rpc::Command& c) {
    const auto format = get_string(c.params, "format");
    if (!format.empty() && format != "raw" && format != "qcow2")
        throw Error(ErrorCode::InvalidInput, "parameter 'format' must be raw or qcow2");
    return driver.manage(read_id(c.params, "volume_id"), get_string(c.params, "source_name"), format).to_json();
}

json::object unmanage(Driver& driver, const rpc::Command& c) {
    driver.unmanage(read_id(c.params, "volume_id"));
    return {};
}

json::object manage_snapshot(Driver& driver, const rpc::Command& c) {
    return {{"size_gib", driver.manage_snapshot(read_id(c.params, "volume_id"), get_string(c.params, "source_name"),
                                                read_id(c.params, "snapshot_id"))}};
}

json::object unmanage_snapshot(Driver& driver, const rpc::Command& c) {
    driver.unmanage_snapshot(read_id(c.params, "volume_id"), read_id(c.params, "snapshot_id"));
    return {};
}

json::object initialize_connection(Driver& driver, const rpc::Command& c) {
    return driver.initialize_connection(read_id(c.params, "volume_id"), read_connector_host(c.params));
}

json::object terminate_connection(Driver& driver, const rpc::Command& c) {
    driver.terminate_connection(read_id(c.params, "volume_id"), read_connector_host(c.params));
    return {};
}

const std::map<std::string, Operation, std::less<>>& operations() {
    static const std::map<std::string, Operation, std::less<>> table{
        {command::kCreate, create},
        {command::kCreateFromImage, create_from_image},
        {command::kCreateFromSnapshot, create_from_snapshot},
        {command::kClone, clone},
        {command::kDelete, remove},
        {command::kExtend, extend},
        {command::kCreateSnapshot, create_snapshot},
        {command::kCreateSnapshots, create_snapshots},
        {command::kDeleteSnapshot, delete_snapshot},
        {command::kRevert, revert},
        {command::kReimage, reimage},
        {command::kUpload, upload},
        {command::kDiscardUpload, discard_upload},
        {command::kManage, manage},
        {command::kUnmanage, unmanage},
        {command::kManageSnapshot, manage_snapshot},
        {command::kUnmanageSnapshot, unmanage_snapshot},
        {command::kNextMerge, next_merge},
        {command::kFinishMerge, finish_merge},
        {command::kInitializeConnection, initialize_connection},
        {command::kTerminateConnection, terminate_connection}};
    return table;
}

// The volume itself or all that are snapshotted, and, where data is taken from another one, that one too.
std::set<std::string> locks_of(const json::object& params) {
    std::set<std::string> ids;
    for (const auto& item : get_objects(params, "snapshots")) ids.insert(read_id(item, "volume_id"));
    if (ids.empty()) ids.insert(read_id(params, "volume_id"));
    if (params.contains("source_volume_id")) ids.insert(read_id(params, "source_volume_id"));
    return ids;
}

/// What may move a whole volume, or go through all chunks of a backup.
rpc::Length length_of(const std::string& method) {
    static const std::set<std::string, std::less<>> long_ones{
        command::kCreateFromImage,  command::kCreateFromSnapshot, command::kClone,        command::kCopyHere,
        command::kFlatten,          command::kDeleteSnapshot,     command::kRevert,       command::kReimage,
        command::kUpload,           command::kUnmanage,           command::kCreateBackup, command::kRestoreBackup,
        command::kCreateFromBackup, command::kDeleteBackup};
    return long_ones.contains(method) ? rpc::Length::Long : rpc::Length::Short;
}

bool is_known(const std::string& method) {
    return method == command::kFlatten || operations().contains(method) || backup::volume_operations().contains(method);
}

std::vector<std::unique_ptr<KeyRing::Held>> hold_keys(const json::object& params, KeyRing& ring) {
    std::vector<std::unique_ptr<KeyRing::Held>> held;
    for (auto& [id, key] : read_keys(params)) held.push_back(std::make_unique<KeyRing::Held>(ring, id, key));
    return held;
}

}  // namespace

void Manager::check(const config::Config& config, const std::string& state_dir, const std::string& host_name) {
    backup_folder(config, state_dir);
    export_options(config, state_dir, host_name);
    for (const auto& backend : read_backends(config, state_dir)) check_driver(backend);
}

Manager::Manager(const config::Config& config, const std::string& state_dir, disk::ImageAccess images,
                 const std::string& host_name)
    : images_(std::move(images)),
      uploads_(state_dir + "/uploads"),
      backups_(backup_folder(config, state_dir)),
      report_interval_(config.get(setting::report_interval_s)),
      watch_([this] { return report(); }) {
    if (auto options = export_options(config, state_dir, host_name))
        exports_ = std::make_unique<Exports>(std::move(*options));
    for (auto& one : read_backends(config, state_dir)) {
        one.exports = exports_.get();
        auto backend = std::make_unique<Backend>();
        backend->driver = make_driver(one);
        backend->config = std::move(one);
        backends_.push_back(std::move(backend));
    }
}

Manager::~Manager() = default;

void Manager::register_commands(rpc::HostEndpoint& endpoint) {
    const auto add = [&](const std::string& method) {
        endpoint.on(
            method, [this](const rpc::Command& command) { return run(command); }, length_of(method));
    };
    for (const auto& [method, operation] : operations()) add(method);
    for (const auto& [method, operation] : backup::store_operations()) add(method);
    for (const auto& [method, operation] : backup::volume_operations()) add(method);
    for (const auto* method : {command::kFlatten, command::kCopyHere, command::kManageable, command::kInventory})
        add(method);
    endpoint.on(command::kLogLevel, log_level);
}

json::object Manager::run(const rpc::Command& command) {
    if (command.method == command::kInventory) return inventory();
    if (command.method == command::kManageable) return manageable(*backend_of(command.params).driver);
    const auto of_store = backup::store_operations().find(command.method);
    if (of_store != backup::store_operations().end()) return of_store->second(backups_, command);
    const ScopeExit look_again([this] { watch_.nudge(); });
    if (command.method == command::kCopyHere) return copy_here(command);
    if (!is_known(command.method)) throw Error(ErrorCode::NotSupported, "command " + command.method + " is unknown");
    return run_on_backend(command);
}

json::object Manager::run_on_backend(const rpc::Command& given) {
    Asked command{given};
    if (command.params.contains("image")) command.image.emplace(images_, read_image(command.params));
    if (command.params.contains("target")) command.target.emplace(images_, read_target(command.params), uploads_);
    const auto of_backup = backup::volume_operations().find(command.method);
    const auto operation = operations().find(command.method);
    auto& backend = backend_of(command.params);
    const auto patience = read_patience(command.params);
    const auto until = patience ? LockTable::Clock::now() + *patience : LockTable::Clock::time_point::max();
    const auto held = backend.locks.lock(locks_of(command.params), command.cancelled, until);
    const auto keys = hold_keys(command.params, backend.driver->keys());
    if (of_backup != backup::volume_operations().end()) return of_backup->second(backups_, *backend.driver, command);
    if (command.method == command::kFlatten) return flatten(*backend.driver, command, held);
    return operation->second(*backend.driver, command);
}

// The source is locked first, here as everywhere: no two can wait for each other.
json::object Manager::copy_here(const rpc::Command& command) {
    const auto& params = command.params;
    const auto id = read_id(params, "volume_id");
    auto& source = backend_of(params, "source_backend");
    auto& target = backend_of(params);
    if (&source == &target) throw Error(ErrorCode::InvalidInput, "parameter 'source_backend' is the volume's backend");
    const auto held_source = source.locks.lock({id}, command.cancelled);
    const auto held_target = target.locks.lock({id}, command.cancelled);
    const auto keys_of_source = hold_keys(params, source.driver->keys());
    const auto keys_of_target = hold_keys(params, target.driver->keys());
    Created created;
    try {
        source.driver->read(id, [&](const VolumeFile& disk) {
            created = target.driver->create_from_disk(id, read_size_gib(params), disk, call_of(command));
        });
    } catch (const Error&) {
        target.driver->remove(id);
        throw;
    }
    return to_json(created);
}

Manager::Backend& Manager::backend_of(const json::object& params, std::string_view key) {
    const auto name = get_string(params, key);
    for (const auto& backend : backends_) {
        if (backend->config.name == name) return *backend;
    }
    throw Error(ErrorCode::NotFound, "volume backend '" + name + "' is not configured on this host");
}

std::vector<std::string> Manager::volume_folders() const {
    std::vector<std::string> folders;
    for (const auto& backend : backends_) {
        folders.push_back(backend->config.path);
        if (!backend->config.mount_point_base.empty()) folders.push_back(backend->config.mount_point_base);
    }
    return folders;
}

std::vector<disk::Share> Manager::shares() const {
    std::vector<disk::Share> all;
    for (const auto& backend : backends_)
        for (auto& share : backend->driver->shares()) all.push_back(std::move(share));
    return all;
}

json::object Manager::inventory() const {
    json::array list;
    for (const auto& backend : backends_) {
        const auto found = look(*backend->driver);
        list.emplace_back(json::object{
            {"name", backend->config.name},
            {"driver", backend->driver->name()},
            {"total_bytes", found.total_bytes},
            {"free_bytes", found.free_bytes},
            {"allocated_gib", found.allocated_gib},
            {"volumes", names(found.volumes)},
            {"snapshots", names(found.snapshots)},
            {"hidden", names(found.hidden)},
            {"connections", hosts_by_volume(found.connections)},
            {"exports", found.exports ? json::value(hosts_by_volume(*found.exports)) : json::value(nullptr)},
            {"strays", names(found.strays)},
            {"incomplete", names(found.incomplete)}});
    }
    json::object result;
    result["backends"] = std::move(list);
    return result;
}

json::array Manager::report() const {
    json::array list;
    for (const auto& backend : backends_) {
        const auto found = look(*backend->driver);
        const auto able = backend->driver->capabilities();
        const auto& set = backend->config;
        list.emplace_back(json::object{{"name", set.name},
                                       {"backend_name", set.backend_name},
                                       {"driver", backend->driver->name()},
                                       {"up", found.total_bytes > 0},
                                       {"total_gib", found.total_bytes / disk::kGiB},
                                       {"free_gib", found.free_bytes / disk::kGiB},
                                       {"allocated_gib", found.allocated_gib},
                                       {"max_over_subscription_ratio", set.max_over_subscription_ratio},
                                       {"reserved_percentage", set.reserved_percentage},
                                       {"host_local", able.host_local},
                                       {"exports", able.exports},
                                       {"online_snapshot", able.online_snapshot}});
    }
    return list;
}

void Manager::recover() {
    std::filesystem::remove_all(uploads_);
    std::filesystem::create_directory(uploads_);
    ::chmod(uploads_.c_str(), 0700);
    for (const auto& backend : backends_) {
        backend->driver->recover();
        log::info("volume backend is ready", {{"backend", backend->config.name}, {"driver", backend->driver->name()}});
    }
    watch_.look();
}

void Manager::start(std::function<void()> changed) {
    watch_.start(report_interval_, std::move(changed));
}

void Manager::stop() {
    watch_.stop();
}

}  // namespace virga::volume::host
