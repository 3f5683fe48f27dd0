#pragma once
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "compute/virt/registry.hpp"
#include "conformance/virt/guests.hpp"

namespace virga::test {

/// Of all drivers that are compiled in.
std::vector<std::string> driver_names();

/// What the driver told of its guests.
class Changes {
public:
    void note(const std::string& id, int state);
    bool wait_for(const std::string& id, int state, std::chrono::seconds bound = std::chrono::seconds(30));

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::multimap<std::string, int> seen_;
};

/// One open driver per kind for the whole program (the embedded hypervisor allows one root folder per process).
class Host {
public:
    static Host& of(const std::string& kind);
    ~Host();

    compute::virt::Driver& driver() { return *driver_; }
    Changes& changes() { return changes_; }
    const std::string& folder() const { return folder_; }
    /// A sparse raw file.
    std::string make_disk(const std::string& name, long bytes = 4 * 1024 * 1024) const;
    /// Ends the guest's emulator behind the driver's back.
    void kill_guest(const std::string& server_id);

private:
    explicit Host(const std::string& kind);

    std::string kind_;
    std::string folder_;
    config::Config config_;
    std::unique_ptr<compute::virt::Driver> driver_;
    Changes changes_;
};

/// Parametrised by driver; removes the guests that a test made, also when it failed.
class VirtTest : public testing::TestWithParam<std::string> {
protected:
    ~VirtTest() override;

    Host& host() { return Host::of(GetParam()); }
    compute::virt::Driver& driver() { return host().driver(); }
    bool real() { return driver().capabilities().real_guests; }

    compute::GuestSpec new_guest();
    std::vector<compute::virt::DiskFile> files_of(const compute::GuestSpec& guest);
    std::string console_of(const compute::GuestSpec& guest) { return host().folder() + "/" + guest.server_id + ".log"; }
    compute::virt::SpawnTimes spawn(const compute::GuestSpec& guest);

private:
    std::vector<std::string> guests_;
};

}  // namespace virga::test
