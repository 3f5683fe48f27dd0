#pragma once
#include <optional>
#include <string>
#include <vector>

#include "compute/host_commands.hpp"
#include "compute/virt/driver.hpp"
#include "compute/virt/libvirt/guest_users.hpp"
#include "compute/virt/qcow2_chain.hpp"

/// Which files a guest's emulator may open: the only place that gives and takes them. A file that one guest has is
/// owned by its user and closed to others; one that several may have (what their disks stand on, volumes for several
/// servers) is open to the guests' group. Folders show nothing of what is in them. The host process itself is
/// privileged, and opens everything. Throws Error{Unavailable} where a file system refuses, or a folder above the file
/// is closed.
namespace virga::compute::virt::libvirt {

/// A disk, with everything beneath it. Nothing happens for nobody (nullopt).
void give_disk(const std::optional<GuestUser>& user, const GuestDisk& disk, const DiskFile& file,
               const std::vector<ChainLink>& chain);
/// A file that no other guest has: an overlay or a mirror of its disk, or variables of its firmware.
void give_file(const std::optional<GuestUser>& user, const std::string& path);
/// What the guest owns of these files goes back to the host. A file that is gone is no failure.
void take_back(const std::optional<GuestUser>& user, const std::vector<std::string>& paths);

/// Frozen layers that a merge writes to are writable while this lives.
class OpenForMerge {
public:
    OpenForMerge(const std::optional<GuestUser>& user, const std::vector<std::string>& paths);
    ~OpenForMerge();
    OpenForMerge(const OpenForMerge&) = delete;
    OpenForMerge& operator=(const OpenForMerge&) = delete;

private:
    std::vector<std::pair<std::string, mode_t>> changed_;
};

/// Whether a guest's user can get into the folder.
bool can_enter(const GuestUser& user, const std::string& folder);

}  // namespace virga::compute::virt::libvirt
