#pragma once
#include <sys/types.h>

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "compute/virt/libvirt/domain_settings.hpp"

namespace virga::compute::virt::libvirt {

/// Whom a guest's emulator runs as.
struct GuestUser {
    uid_t uid = 0;
    gid_t gid = 0;
};

/// Which guest runs as which user: one of its own for each, so that no guest's emulator can touch another's files. The
/// group is common to all. Thread-safe. Without privilege there are no users to choose from, and nobody has one.
class GuestUsers {
public:
    /// Records are files in `folder`, named after the servers.
    explicit GuestUsers(std::string folder) : folder_(std::move(folder)) {}

    /// Reads the records. Throws Error{InvalidInput} for settings that name no user.
    void open(const DomainSettings& settings);
    /// The user of a guest that was started by this version; nullopt for one that runs as an older one started it.
    std::optional<GuestUser> find(const std::string& server_id) const;
    /// The user that the guest has, or one that no other guest of this host has; recorded before this returns. Throws
    /// Error{NoSpace} when all of them are taken.
    std::optional<GuestUser> assign(const std::string& server_id);
    /// Throws Error{InvalidInput} when guests' users can't get into the folder.
    void need_reachable(const std::string& folder) const;
    /// Has a folder with copies of the files that all guests may read and nobody else.
    void give_all(const std::vector<std::string>& files, const std::string& folder) const;
    void forget(const std::string& server_id);  ///< After its files were taken back.

private:
    uid_t next_free();

    const std::string folder_;
    mutable std::mutex mutex_;
    bool privileged_ = false;
    GuestUser common_;
    std::optional<UidRange> range_;
    uid_t cursor_ = 0;  ///< numbers are used again as late as can be
    std::map<std::string, uid_t> users_;
};

}  // namespace virga::compute::virt::libvirt
