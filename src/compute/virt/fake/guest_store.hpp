#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "disk/format.hpp"

namespace virga::compute::virt::fake {

/// What a guest has open for a volume.
struct FakeDisk {
    std::string path;
    disk::Format format = disk::Format::Raw;
    std::int64_t size_bytes = 0;  ///< as the guest was last told; 0: never
    std::string mirror = {};      ///< file that it writes to as well; empty: none
};

struct FakeGuest {
    int power_state = 0;
    std::map<std::string, FakeDisk> volumes;  ///< by volume id
    std::set<std::string> macs;               ///< of its network devices
};

/// The guests of the fake hypervisor: in memory, and one small file per guest, so that a killed host finds them again
/// and thousands of guests cost no more per change than one. Thread-safe.
class GuestStore {
public:
    explicit GuestStore(std::string folder);
    void load();  ///< forgets what is in memory and reads the files
    std::optional<FakeGuest> find(const std::string& server_id) const;
    void put(const std::string& server_id, const FakeGuest& guest);
    bool remove(const std::string& server_id);  ///< whether there was one
    std::map<std::string, FakeGuest> all() const;

private:
    std::string path_of(const std::string& server_id) const;

    std::string folder_;
    mutable std::mutex mutex_;
    std::map<std::string, FakeGuest> guests_;
};

}  // namespace virga::compute::virt::fake
