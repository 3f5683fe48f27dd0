#include "conformance/virt/host.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/small_file.hpp"
#include "compute/virt/fake/fake_driver.hpp"

namespace virga::test {

std::vector<std::string> driver_names() {
    std::vector<std::string> names;
    for (const auto& [name, entry] : compute::virt::drivers()) names.push_back(name);
    return names;
}

void Changes::note(const std::string& id, int state) {
    const std::lock_guard lock(mutex_);
    seen_.emplace(id, state);
    changed_.notify_all();
}

bool Changes::wait_for(const std::string& id, int state, std::chrono::seconds bound) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, bound, [&] {
        const auto [first, last] = seen_.equal_range(id);
        return std::any_of(first, last, [&](const auto& entry) { return entry.second == state; });
    });
}

Host& Host::of(const std::string& kind) {
    static std::map<std::string, std::unique_ptr<Host>> hosts;
    auto& host = hosts[kind];
    if (!host) host.reset(new Host(kind));
    return *host;
}

Host::Host(const std::string& kind) : kind_(kind) {
    char name[] = "/tmp/virga-virt-XXXXXX";
    folder_ = ::mkdtemp(name);
    ::chmod(name, 0711);  // guests run as users of their own
    config_.set("compute.driver", kind);
    config_.set("libvirt.detach_timeout_s", "5");
    config_.set("libvirt.soft_reboot_timeout_s", "3");
    driver_ = compute::virt::wanted_driver(config_).make(config_, folder_);
    driver_->start([this](const std::string& id, int state) { changes_.note(id, state); });
}

Host::~Host() {
    driver_->stop();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::string Host::make_disk(const std::string& name, long bytes) const {
    const auto path = folder_ + "/" + name;
    write_small_file(path, "");
    std::filesystem::resize_file(path, static_cast<std::uintmax_t>(bytes));
    return path;
}

void Host::kill_guest(const std::string& server_id) {
    if (kind_ == "fake") return dynamic_cast<compute::virt::fake::FakeDriver&>(*driver_).kill_guest(server_id);
    const auto pid = read_small_file(folder_ + "/libvirt/run/qemu/virga-" + server_id + ".pid");
    ASSERT_TRUE(pid.has_value());
    ASSERT_EQ(::kill(std::stoi(*pid), SIGKILL), 0);
}

VirtTest::~VirtTest() {
    for (const auto& id : guests_) {
        try {
            driver().destroy(id);
        } catch (const Error& failure) {
            ADD_FAILURE() << "clean-up of " << id << ": " << failure.what();
        }
    }
}

compute::GuestSpec VirtTest::new_guest() {
    auto guest = guest_spec(new_uuid());
    guests_.push_back(guest.server_id);
    return guest;
}

std::vector<compute::virt::DiskFile> VirtTest::files_of(const compute::GuestSpec& guest) {
    std::vector<compute::virt::DiskFile> files;
    for (const auto& disk : guest.disks) {
        const auto name = guest.server_id + "-" + disk.device_name.substr(5);
        files.push_back({host().make_disk(name), disk::Format::Raw, disk.volume_id});
    }
    return files;
}

compute::virt::SpawnTimes VirtTest::spawn(const compute::GuestSpec& guest) {
    return driver().spawn(guest, files_of(guest), console_of(guest));
}

}  // namespace virga::test
