#include "compute/virt/libvirt/guest_users.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/error.hpp"
#include "base/small_file.hpp"
#include "compute/virt/libvirt/file_access.hpp"

namespace virga::compute::virt::libvirt {
namespace {

GuestUser common_user(const DomainSettings& settings) {
    const passwd* user = ::getpwnam(settings.user.c_str());
    if (user == nullptr)
        throw Error(ErrorCode::InvalidInput, "setting 'libvirt.user': there is no user '" + settings.user +
                                                 "' on this host: make it with `useradd --system " + settings.user +
                                                 "`");
    const auto uid = user->pw_uid;
    const ::group* group = ::getgrnam(settings.group.c_str());
    if (group == nullptr)
        throw Error(ErrorCode::InvalidInput, "setting 'libvirt.group': there is no group '" + settings.group +
                                                 "' on this host: make it with `groupadd --system " + settings.group +
                                                 "`");
    return {uid, group->gr_gid};
}

}  // namespace

void GuestUsers::open(const DomainSettings& settings) {
    const std::lock_guard lock(mutex_);
    privileged_ = ::geteuid() == 0;
    if (!privileged_) return;
    common_ = common_user(settings);
    range_ = settings.guest_uids;
    users_.clear();
    for (const auto& server : folder_entries(folder_))
        users_[server] =
            static_cast<uid_t>(std::strtoul(read_small_file(folder_ + "/" + server).value_or("").c_str(), nullptr, 10));
    if (!range_) return;
    cursor_ = range_->first;
    for (const auto& [server, uid] : users_)
        if (range_->contains(uid)) cursor_ = std::max(cursor_, uid + 1);
}

std::optional<GuestUser> GuestUsers::find(const std::string& server_id) const {
    const std::lock_guard lock(mutex_);
    const auto found = users_.find(server_id);
    if (found == users_.end()) return std::nullopt;
    return GuestUser{found->second, common_.gid};
}

uid_t GuestUsers::next_free() {
    std::set<uid_t> taken;
    for (const auto& [server, uid] : users_) taken.insert(uid);
    const auto size = range_->last - range_->first + 1;
    for (uid_t step = 0; step < size; ++step) {
        const auto uid = range_->first + (cursor_ - range_->first + step) % size;
        if (taken.contains(uid)) continue;
        cursor_ = uid + 1;
        return uid;
    }
    throw Error(ErrorCode::NoSpace, "every user number of setting 'libvirt.guest_uids' has a guest: widen the range");
}

std::optional<GuestUser> GuestUsers::assign(const std::string& server_id) {
    const std::lock_guard lock(mutex_);
    if (!privileged_) return std::nullopt;
    const auto allowed = [&](uid_t uid) { return range_ ? range_->contains(uid) : uid == common_.uid; };
    auto found = users_.find(server_id);
    if (found == users_.end() || !allowed(found->second)) {
        const auto uid = range_ ? next_free() : common_.uid;
        write_small_file(folder_ + "/" + server_id, std::to_string(uid));
        found = users_.insert_or_assign(server_id, uid).first;
    }
    return GuestUser{found->second, common_.gid};
}

void GuestUsers::need_reachable(const std::string& folder) const {
    const std::lock_guard lock(mutex_);
    if (!privileged_) return;
    if (can_enter({range_ ? range_->first : common_.uid, common_.gid}, folder)) return;
    throw Error(ErrorCode::InvalidInput, "state folder: guests' users can't reach " + folder +
                                             ": choose --state-dir below a folder that others may enter (chmod o+x)");
}

// The folder first: a copy is nobody's to see before it has its owner and mode.
void GuestUsers::give_all(const std::vector<std::string>& files, const std::string& folder) const {
    const std::lock_guard lock(mutex_);
    const auto give = [&](const std::string& path, mode_t mode) {
        if (::chmod(path.c_str(), mode) != 0) throw_errno(ErrorCode::Internal, "chmod " + path, errno);
        if (privileged_ && ::chown(path.c_str(), 0, common_.gid) != 0)
            throw_errno(ErrorCode::Internal, "chown " + path, errno);
    };
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
        throw_errno(ErrorCode::Internal, "make folder " + folder, errno);
    give(folder, 0750);
    for (const auto& file : files) {
        const auto text = read_small_file(file);
        if (!text) throw Error(ErrorCode::NotFound, "file " + file + " is missing");
        const auto copy = folder + file.substr(file.rfind('/'));
        write_small_file(copy, *text);
        give(copy, 0640);
    }
}

void GuestUsers::forget(const std::string& server_id) {
    const std::lock_guard lock(mutex_);
    if (users_.erase(server_id) > 0) ::unlink((folder_ + "/" + server_id).c_str());
}

}  // namespace virga::compute::virt::libvirt
