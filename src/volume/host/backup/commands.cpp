#include "volume/host/backup/commands.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "disk/disk.hpp"
#include "disk/file.hpp"
#include "disk/reserve.hpp"
#include "volume/backup_commands.hpp"
#include "volume/host/parameters.hpp"

namespace virga::volume::host::backup {
namespace {

Call call_of(const rpc::Command& command) {
    return {command.cancelled, command.progress};
}

std::unique_ptr<VolumeDisk> open_to_write(Driver& driver, const VolumeFile& file, const std::string& id) {
    if (!driver.capabilities().stores_data) return open_nothing(file.size_gib * disk::kGiB);
    return open_volume(file, Access::Write, driver.keys().find(id));
}

/// Growing to the least size changes nothing and tells where a volume is.
VolumeFile find_volume(Driver& driver, const std::string& id) {
    return driver.extend(id, 1);
}

json::object to_json(const Result& result) {
    return {{"id", result.header.id},
            {"parent_id", result.header.parent},
            {"volume_id", result.header.volume_id},
            {"size_bytes", result.header.size_bytes},
            {"chunks", result.totals.chunks},
            {"own_chunks", result.totals.own_chunks},
            {"stored_bytes", result.totals.stored_bytes},
            {"read_bytes", result.read_bytes},
            {"volume", result.header.volume}};
}

json::object create(Store& store, Driver& driver, const rpc::Command& c) {
    NewBackup backup{
        read_id(c.params, "backup_id"), {}, read_id(c.params, "origin_id"), get_object(c.params, "volume")};
    if (!get_string(c.params, "parent_id").empty()) backup.parent = read_id(c.params, "parent_id");
    const auto source = read_id(c.params, "volume_id");
    backup.key = driver.keys().find(backup.id);
    Result result;
    driver.read(source, [&](const VolumeFile& file) {
        const auto key = file.encryption.empty() ? Secret() : driver.keys().find(source);
        result = store.create(backup, *open_volume(file, Access::Read, key), call_of(c));
    });
    return to_json(result);
}

/// What the volume's file will grow by, at most.
std::int64_t growth(const Result& backup, const VolumeFile& file) {
    const auto bytes = std::min(backup.totals.chunks * backup.header.chunk_bytes, backup.header.size_bytes);
    return std::max<std::int64_t>(bytes - disk::allocated_bytes(file.path), 0);
}

std::int64_t write_backup(Store& store, Driver& driver, const VolumeFile& file, const std::string& volume,
                          const rpc::Command& c) {
    const auto backup = read_id(c.params, "backup_id");
    const auto disk = open_to_write(driver, file, volume);
    const auto key = driver.keys().find(backup);
    if (!driver.capabilities().stores_data) return store.restore(backup, *disk, call_of(c), key);
    const auto bytes = growth(store.describe(backup), file);
    disk::SpacePromise space(disk::folder_of(file.path), bytes);
    auto call = call_of(c);
    call.progress = [&](std::int64_t done, std::int64_t total) {
        const auto part = static_cast<double>(done) / static_cast<double>(std::max<std::int64_t>(total, 1));
        space.written(static_cast<std::int64_t>(static_cast<double>(bytes) * part));
        if (c.progress) c.progress(done, total);
    };
    return store.restore(backup, *disk, call, key);
}

json::object restore(Store& store, Driver& driver, const rpc::Command& c) {
    const auto volume = read_id(c.params, "volume_id");
    return {{"written_bytes", write_backup(store, driver, find_volume(driver, volume), volume, c)}};
}

json::object create_volume(Store& store, Driver& driver, const rpc::Command& c) {
    const auto volume = read_id(c.params, "volume_id");
    const auto file = driver.create(volume, read_size_gib(c.params));
    auto result = file.to_json();
    result["copied_bytes"] = write_backup(store, driver, file, volume, c);
    return result;
}

json::object remove(Store& store, const rpc::Command& c) {
    store.remove(read_id(c.params, "backup_id"));
    return {};
}

json::object describe(Store& store, const rpc::Command& c) {
    return to_json(store.describe(read_id(c.params, "backup_id")));
}

json::array names(const std::vector<std::string>& list) {
    json::array result;
    for (const auto& one : list) result.emplace_back(one);
    return result;
}

json::object inventory(Store& store, const rpc::Command&) {
    const auto found = store.inventory();
    return {{"backups", names(found.backups)}, {"partial", names(found.partial)}};
}

}  // namespace

const std::map<std::string, StoreOperation, std::less<>>& store_operations() {
    static const std::map<std::string, StoreOperation, std::less<>> table{
        {command::kDeleteBackup, remove}, {command::kDescribeBackup, describe}, {command::kBackupInventory, inventory}};
    return table;
}

const std::map<std::string, VolumeOperation, std::less<>>& volume_operations() {
    static const std::map<std::string, VolumeOperation, std::less<>> table{{command::kCreateBackup, create},
                                                                           {command::kRestoreBackup, restore},
                                                                           {command::kCreateFromBackup, create_volume}};
    return table;
}

}  // namespace virga::volume::host::backup
