#include "compute/virt/fake/fake_driver.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/small_file.hpp"
#include "compute/model/server.hpp"
#include "compute/virt/check_guest.hpp"
#include "compute/virt/qcow2_chain.hpp"
#include "disk/disk.hpp"

namespace virga::compute::virt::fake {
namespace {

constexpr int kRunning = static_cast<int>(PowerState::Running);
constexpr int kShutdown = static_cast<int>(PowerState::Shutdown);

std::vector<std::string> ids_of(const std::map<std::string, FakeDisk>& volumes) {
    std::vector<std::string> ids;
    for (const auto& [id, disk] : volumes) ids.push_back(id);
    return ids;
}

/// The files of the fake volume driver don't exist: their chain ends with them.
std::vector<std::string> chain_of(const FakeDisk& disk) {
    std::vector<std::string> files{disk.path};
    if (::access(disk.path.c_str(), F_OK) != 0) return files;
    for (const auto& link : backing_chain(disk.path, disk.format)) files.push_back(link.path);
    return files;
}

/// Names in headers are relative to the file's folder.
std::string name_in(const std::string& file, const std::string& backing) {
    return std::filesystem::path(backing).lexically_relative(std::filesystem::path(file).parent_path()).string();
}

bool contains(const std::vector<std::string>& files, const std::string& file) {
    return std::find(files.begin(), files.end(), file) != files.end();
}

/// The fake keeps no keys: what an emulator would do to encrypted files stays undone.
bool is_encrypted(const FakeDisk& disk) {
    return disk.format == disk::Format::Qcow2 && disk::qcow2_is_encrypted(disk.path);
}

void refuse_encrypted(const FakeDisk& disk) {
    if (is_encrypted(disk))
        throw Error(ErrorCode::NotSupported, "fake hypervisor: layers of encrypted disks are not merged");
}

}  // namespace

FakeDriver::FakeDriver(std::string state_dir, std::string_view script)
    : guests_(state_dir + "/fake-guests"), script_(script, state_dir + "/fake-script") {}

void FakeDriver::start(Changed changed) {
    guests_.load();
    const std::lock_guard lock(mutex_);
    changed_ = std::move(changed);
}

void FakeDriver::stop() {
    script_.release();
    const std::lock_guard lock(mutex_);
    changed_ = nullptr;
}

void FakeDriver::tell(const std::string& server_id, int power_state) {
    Changed changed;
    {
        const std::lock_guard lock(mutex_);
        changed = changed_;
    }
    if (changed) changed(server_id, power_state);
}

void FakeDriver::put(const std::string& server_id, const FakeGuest& guest, bool tell_it) {
    guests_.put(server_id, guest);
    if (tell_it) tell(server_id, guest.power_state);
}

void FakeDriver::boot(const GuestSpec& guest, const std::vector<DiskFile>& files, const std::string& console_log) {
    FakeGuest record{kRunning, {}, {}};
    for (const auto& nic : guest.nics) record.macs.insert(nic.mac);
    for (std::size_t i = 0; i < guest.disks.size(); ++i) {
        if (!guest.disks[i].volume_id.empty())
            record.volumes[guest.disks[i].volume_id] = {files[i].path, files[i].format, 0};
    }
    if (!console_log.empty()) write_small_file(console_log, "fake guest " + guest.server_id + " started\n");
    put(guest.server_id, record, true);
}

SpawnTimes FakeDriver::spawn(const GuestSpec& guest, const std::vector<DiskFile>& files,
                             const std::string& console_log) {
    const bool lose = script_.begin("spawn");
    check_guest(guest, files);
    SpawnTimes times;
    const auto started = monotonic_us();
    const auto found = guests_.find(guest.server_id);
    times.already_running = found && found->power_state == kRunning;
    if (!times.already_running) boot(guest, files, console_log);
    times.create_us = monotonic_us() - started;
    if (lose) Script::lost("spawn");
    return times;
}

void FakeDriver::destroy(const std::string& server_id) {
    const bool lose = script_.begin("destroy");
    const auto found = guests_.find(server_id);
    guests_.remove(server_id);
    if (found && found->power_state == kRunning) tell(server_id, kShutdown);
    if (lose) Script::lost("destroy");
}

void FakeDriver::power_on(const GuestSpec& guest, const std::vector<DiskFile>& files, const std::string& console_log) {
    const bool lose = script_.begin("power_on");
    check_guest(guest, files);
    const auto found = guests_.find(guest.server_id);
    if (!found || found->power_state != kRunning) boot(guest, files, console_log);
    if (lose) Script::lost("power_on");
}

void FakeDriver::power_off(const std::string& server_id, int) {
    const bool lose = script_.begin("power_off");
    auto found = guests_.find(server_id);
    if (found && found->power_state == kRunning) {
        found->power_state = kShutdown;
        put(server_id, *found, true);
    }
    if (lose) Script::lost("power_off");
}

void FakeDriver::reboot(const GuestSpec& guest, const std::vector<DiskFile>& files, const std::string& console_log,
                        bool) {
    const bool lose = script_.begin("reboot");
    check_guest(guest, files);
    boot(guest, files, console_log);
    if (lose) Script::lost("reboot");
}

void FakeDriver::attach_disk(const std::string& server_id, const GuestDisk& disk, const DiskFile& file) {
    const bool lose = script_.begin("attach_disk");
    check_file(disk, file);
    auto found = guests_.find(server_id);
    if (!found) throw Error(ErrorCode::NotFound, "server " + server_id + " has no guest on this host", {}, server_id);
    if (found->volumes.try_emplace(disk.volume_id, FakeDisk{file.path, file.format, 0}).second)
        put(server_id, *found, false);
    if (lose) Script::lost("attach_disk");
}

void FakeDriver::detach_disk(const std::string& server_id, const std::string& volume_id) {
    const bool lose = script_.begin("detach_disk");
    auto found = guests_.find(server_id);
    if (found && found->volumes.erase(volume_id) > 0) put(server_id, *found, false);
    if (lose) Script::lost("detach_disk");
}

void FakeDriver::detach_nic(const std::string& server_id, const std::string& mac) {
    const bool lose = script_.begin("detach_nic");
    auto found = guests_.find(server_id);
    if (found && found->macs.erase(mac) > 0) put(server_id, *found, false);
    if (lose) Script::lost("detach_nic");
}

std::optional<FakeDisk> FakeDriver::running_disk(const std::string& server_id, const std::string& volume_id) const {
    const auto guest = guests_.find(server_id);
    if (!guest || guest->power_state != kRunning) return std::nullopt;
    const auto found = guest->volumes.find(volume_id);
    if (found == guest->volumes.end()) return std::nullopt;
    return found->second;
}

void FakeDriver::put_disk(const std::string& server_id, const std::string& volume_id, const FakeDisk& disk) {
    auto guest = guests_.find(server_id);
    guest->volumes[volume_id] = disk;
    put(server_id, *guest, false);
}

bool FakeDriver::resize_disk(const std::string& server_id, const std::string& volume_id, std::int64_t size_bytes) {
    const bool lose = script_.begin("resize_disk");
    auto disk = running_disk(server_id, volume_id);
    const bool is_file = disk && ::access(disk->path.c_str(), F_OK) == 0;
    if (is_file && !is_encrypted(*disk)) disk::grow(disk->path, to_string(disk->format), size_bytes);
    if (disk && disk->size_bytes < size_bytes) {
        disk->size_bytes = size_bytes;
        put_disk(server_id, volume_id, *disk);
    }
    if (lose) Script::lost("resize_disk");
    return disk.has_value();
}

bool FakeDriver::snapshot_disk(const std::string& server_id, const std::string& volume_id, const DiskFile& file) {
    const bool lose = script_.begin("snapshot_disk");
    check_overlay(file);
    auto disk = running_disk(server_id, volume_id);
    if (disk && !contains(chain_of(*disk), file.path)) {
        if (!contains(chain_of({file.path, file.format, 0}), disk->path))
            throw Error(ErrorCode::Conflict,
                        "fake hypervisor: the guest has a file open that the overlay doesn't stand on");
        put_disk(server_id, volume_id, {file.path, file.format, disk->size_bytes});
    }
    if (lose) Script::lost("snapshot_disk");
    return disk.has_value();
}

// Nobody has the files open, so the tools for files at rest do what a running guest's emulator would.
bool FakeDriver::commit_disk(const std::string& server_id, const std::string& volume_id, const std::string& upper,
                             const std::string& lower, const JobHooks&) {
    const bool lose = script_.begin("commit_disk");
    const auto disk = running_disk(server_id, volume_id);
    if (!disk) return false;
    const auto files = chain_of(*disk);
    const auto found = std::find(files.begin() + 1, files.end(), upper);
    if (found != files.end()) {
        refuse_encrypted(*disk);
        const auto format = backing_of(upper)->format;
        disk::commit(upper);
        disk::rebase_unsafe(*(found - 1), {name_in(*(found - 1), lower), to_string(format)});
    }
    if (lose) Script::lost("commit_disk");
    return true;
}

bool FakeDriver::pull_disk(const std::string& server_id, const std::string& volume_id, const std::string& lower,
                           const std::string& below, const JobHooks&) {
    const bool lose = script_.begin("pull_disk");
    const auto disk = running_disk(server_id, volume_id);
    if (!disk) return false;
    if (contains(chain_of(*disk), lower)) {
        refuse_encrypted(*disk);
        if (below.empty())
            disk::rebase(disk->path, std::nullopt);
        else
            disk::rebase(disk->path, disk::Backing{name_in(disk->path, below), to_string(backing_of(lower)->format)});
    }
    if (lose) Script::lost("pull_disk");
    return true;
}

// A fake guest writes nothing: a copy stays the same as what it was made from.
bool FakeDriver::mirror_disk(const std::string& server_id, const std::string& volume_id, const DiskFile& file,
                             const JobHooks& hooks) {
    const bool lose = script_.begin("mirror_disk");
    check_mirror(file);
    auto disk = running_disk(server_id, volume_id);
    if (disk && disk->path != file.path && disk->mirror != file.path) {
        if (::access(disk->path.c_str(), F_OK) == 0)
            disk::convert(disk->path, to_string(disk->format), file.path, to_string(file.format), hooks.progress,
                          hooks.cancelled, file.key);
        disk->mirror = file.path;
        put_disk(server_id, volume_id, *disk);
    }
    if (lose) Script::lost("mirror_disk");
    return disk.has_value();
}

bool FakeDriver::pivot_disk(const std::string& server_id, const std::string& volume_id, const DiskFile& file) {
    const bool lose = script_.begin("pivot_disk");
    check_mirror(file);
    const auto disk = running_disk(server_id, volume_id);
    if (disk && disk->path != file.path) {
        if (disk->mirror != file.path)
            throw Error(ErrorCode::Conflict, "fake hypervisor: the guest doesn't mirror its disk into this file");
        put_disk(server_id, volume_id, {file.path, file.format, disk->size_bytes});
    }
    if (lose) Script::lost("pivot_disk");
    return disk.has_value();
}

bool FakeDriver::end_mirror(const std::string& server_id, const std::string& volume_id) {
    const bool lose = script_.begin("end_mirror");
    const auto disk = running_disk(server_id, volume_id);
    if (disk && !disk->mirror.empty()) put_disk(server_id, volume_id, {disk->path, disk->format, disk->size_bytes});
    if (lose) Script::lost("end_mirror");
    return disk.has_value();
}

std::vector<std::string> FakeDriver::disk_chain(const std::string& server_id, const std::string& volume_id) {
    const auto disk = running_disk(server_id, volume_id);
    return disk ? chain_of(*disk) : std::vector<std::string>();
}

GuestState FakeDriver::state(const std::string& server_id) {
    const auto found = guests_.find(server_id);
    if (!found) return {};
    return {true, found->power_state};
}

std::vector<GuestInfo> FakeDriver::list() {
    std::vector<GuestInfo> infos;
    for (const auto& [id, guest] : guests_.all()) infos.push_back({id, guest.power_state, ids_of(guest.volumes)});
    return infos;
}

void FakeDriver::kill_guest(const std::string& server_id) {
    auto found = guests_.find(server_id);
    if (!found) return;
    found->power_state = kShutdown;
    put(server_id, *found, true);
}

}  // namespace virga::compute::virt::fake
