#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string>

/// Plain values that the scheduler decides on. Pure: no database, no RPC, no clock.
namespace virga::compute::scheduler {

/// A host as the scheduler sees it: what it shares out, and what servers hold of it.
struct HostView {
    std::string name;
    bool up = true;
    bool disabled = false;  ///< by an administrator
    std::string zone;
    std::int64_t vcpus = 0;  ///< that may be claimed, which may be more than the machine has; likewise below
    std::int64_t memory_mib = 0;
    std::int64_t disk_gib = 0;
    std::int64_t used_vcpus = 0;
    std::int64_t used_memory_mib = 0;
    std::int64_t used_disk_gib = 0;
    std::int64_t servers = 0;
    bool remote_disks = false;  ///< its servers can use volumes that other hosts export; told when there are near_hosts
};

/// What one server asks for.
struct Request {
    std::int64_t vcpus = 1;
    std::int64_t memory_mib = 0;
    std::int64_t disk_gib = 0;       ///< of local disks only: a server on volumes takes none
    std::string zone;                ///< empty: any
    std::string wanted_host;         ///< empty: any
    std::set<std::string> excluded;  ///< hosts that this boot failed on already
    /// Hosts of the servers that it shall share a host with: one of them; nullopt: any will do.
    std::optional<std::set<std::string>> same_hosts{};
    std::set<std::string> different_hosts{};  ///< hosts of servers that it shall not share a host with
    std::set<std::string> volume_hosts;       ///< hosts of volumes that no other host can reach
    std::set<std::string> near_hosts{};       ///< hosts of volumes that others reach over the network
};

}  // namespace virga::compute::scheduler
