#pragma once
#include <mutex>
#include <string>
#include <string_view>

#include "compute/virt/driver.hpp"
#include "compute/virt/fake/guest_store.hpp"
#include "compute/virt/fake/script.hpp"

namespace virga::compute::virt::fake {

/// A hypervisor without guests, for control-plane tests and benchmarks. Guests are records below
/// <state_dir>/fake-guests; faults come from the script text or <state_dir>/fake-script.
class FakeDriver : public Driver {
public:
    static constexpr Capabilities kCapabilities{.attach_while_running = true,
                                                .console_output = true,
                                                .acpi_power_off = true,
                                                .live_disks = true,
                                                .real_guests = false};

    FakeDriver(std::string state_dir, std::string_view script);

    std::string type() const override { return "fake"; }
    std::int64_t version() const override { return 1; }
    Capabilities capabilities() const override { return kCapabilities; }
    void start(Changed changed) override;
    void stop() override;

    SpawnTimes spawn(const GuestSpec& guest, const std::vector<DiskFile>& files,
                     const std::string& console_log) override;
    void destroy(const std::string& server_id) override;
    void power_on(const GuestSpec& guest, const std::vector<DiskFile>& files, const std::string& console_log) override;
    void power_off(const std::string& server_id, int timeout_s) override;
    void reboot(const GuestSpec& guest, const std::vector<DiskFile>& files, const std::string& console_log,
                bool hard) override;
    void attach_disk(const std::string& server_id, const GuestDisk& disk, const DiskFile& file) override;
    void detach_disk(const std::string& server_id, const std::string& volume_id) override;
    void detach_nic(const std::string& server_id, const std::string& mac) override;
    bool resize_disk(const std::string& server_id, const std::string& volume_id, std::int64_t size_bytes) override;
    bool snapshot_disk(const std::string& server_id, const std::string& volume_id, const DiskFile& file) override;
    bool commit_disk(const std::string& server_id, const std::string& volume_id, const std::string& upper,
                     const std::string& lower, const JobHooks& hooks) override;
    bool pull_disk(const std::string& server_id, const std::string& volume_id, const std::string& lower,
                   const std::string& below, const JobHooks& hooks) override;
    bool mirror_disk(const std::string& server_id, const std::string& volume_id, const DiskFile& file,
                     const JobHooks& hooks) override;
    bool pivot_disk(const std::string& server_id, const std::string& volume_id, const DiskFile& file) override;
    bool end_mirror(const std::string& server_id, const std::string& volume_id) override;
    std::vector<std::string> disk_chain(const std::string& server_id, const std::string& volume_id) override;
    GuestState state(const std::string& server_id) override;
    std::vector<GuestInfo> list() override;

    /// As if the guest's emulator had died.
    void kill_guest(const std::string& server_id);

private:
    void put(const std::string& server_id, const FakeGuest& guest, bool tell);
    void boot(const GuestSpec& guest, const std::vector<DiskFile>& files, const std::string& console_log);
    /// nullopt unless the guest runs and has the volume.
    std::optional<FakeDisk> running_disk(const std::string& server_id, const std::string& volume_id) const;
    void put_disk(const std::string& server_id, const std::string& volume_id, const FakeDisk& disk);
    void tell(const std::string& server_id, int power_state);

    GuestStore guests_;
    Script script_;
    std::mutex mutex_;
    Changed changed_;
};

}  // namespace virga::compute::virt::fake
