#pragma once
#include <memory>
#include <string>

#include "compute/virt/driver.hpp"
#include "config/config.hpp"

namespace virga::compute::virt::libvirt {

/// QEMU guests through libvirt's embedded driver, whose files live in <state_dir>/libvirt; no daemon is involved. One
/// root folder per process. The server's id is the domain's UUID.
class LibvirtDriver : public Driver {
public:
    static constexpr Capabilities kCapabilities{.attach_while_running = true,
                                                .console_output = true,
                                                .acpi_power_off = true,
                                                .live_disks = true,
                                                .real_guests = true};

    LibvirtDriver(const config::Config& config, const std::string& state_dir);
    ~LibvirtDriver() override;

    std::string type() const override { return "QEMU"; }
    std::int64_t version() const override;
    Capabilities capabilities() const override { return kCapabilities; }
    std::vector<std::string> lacks() const override;
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

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace virga::compute::virt::libvirt
