#include "compute/virt/fake/fake_driver.hpp"

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/small_file.hpp"
#include "compute/model/server.hpp"
#include "compute/virt/check_guest.hpp"

namespace virga::compute::virt::fake {
namespace {

constexpr int kRunning = static_cast<int>(PowerState::Running);
constexpr int kShutdown = static_cast<int>(PowerState::Shutdown);

}  // namespace

FakeDriver::FakeDriver(std::string state_dir, std::string_view script)
    : guests_(state_dir + "/fake-guests"), script_(script, state_dir + "/fake-script") {}

Capabilities FakeDriver::capabilities() const {
    return {.attach_while_running = true, .console_output = true, .acpi_power_off = true, .real_guests = false};
}

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

void FakeDriver::boot(const GuestSpec& guest, const std::string& console_log) {
    FakeGuest record{kRunning, {}};
    for (const auto& disk : guest.disks)
        if (!disk.volume_id.empty()) record.volumes.insert(disk.volume_id);
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
    if (!times.already_running) boot(guest, console_log);
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
    if (!found || found->power_state != kRunning) boot(guest, console_log);
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
    boot(guest, console_log);
    if (lose) Script::lost("reboot");
}

void FakeDriver::attach_disk(const std::string& server_id, const GuestDisk& disk, const DiskFile& file) {
    const bool lose = script_.begin("attach_disk");
    check_file(disk, file);
    auto found = guests_.find(server_id);
    if (!found) throw Error(ErrorCode::NotFound, "server " + server_id + " has no guest on this host", {}, server_id);
    if (found->volumes.insert(disk.volume_id).second) put(server_id, *found, false);
    if (lose) Script::lost("attach_disk");
}

void FakeDriver::detach_disk(const std::string& server_id, const std::string& volume_id) {
    const bool lose = script_.begin("detach_disk");
    auto found = guests_.find(server_id);
    if (found && found->volumes.erase(volume_id) > 0) put(server_id, *found, false);
    if (lose) Script::lost("detach_disk");
}

GuestState FakeDriver::state(const std::string& server_id) {
    const auto found = guests_.find(server_id);
    if (!found) return {};
    return {true, found->power_state};
}

std::vector<GuestInfo> FakeDriver::list() {
    std::vector<GuestInfo> infos;
    for (const auto& [id, guest] : guests_.all())
        infos.push_back({id, guest.power_state, {guest.volumes.begin(), guest.volumes.end()}});
    return infos;
}

void FakeDriver::kill_guest(const std::string& server_id) {
    auto found = guests_.find(server_id);
    if (!found) return;
    found->power_state = kShutdown;
    put(server_id, *found, true);
}

}  // namespace virga::compute::virt::fake
