#include "compute/virt/libvirt/file_access.hpp"

#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.hpp"
#include "base/log.hpp"
#include "compute/virt/qemu/devices.hpp"

namespace virga::compute::virt::libvirt {
namespace {

constexpr mode_t kBits = 07777;

/// This thread looks at files as a guest's emulator would.
class AsGuest {
public:
    explicit AsGuest(const GuestUser& user) {
        ::setfsgid(user.gid);
        ::setfsuid(user.uid);
    }
    ~AsGuest() {
        ::setfsuid(::geteuid());
        ::setfsgid(::getegid());
    }
    AsGuest(const AsGuest&) = delete;
    AsGuest& operator=(const AsGuest&) = delete;
};

/// A file that is held open while its owner and mode change: no link is followed.
class Subject {
public:
    explicit Subject(const std::string& path)
        : path_(path), fd_(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC)) {
        if (fd_ < 0) throw_errno(errno == ENOENT ? ErrorCode::NotFound : ErrorCode::Internal, "open " + path, errno);
        if (::fstat(fd_, &info_) != 0) throw_errno(ErrorCode::Internal, "stat of " + path, errno);
    }
    ~Subject() { ::close(fd_); }
    Subject(const Subject&) = delete;
    Subject& operator=(const Subject&) = delete;

    const struct stat& info() const { return info_; }
    mode_t mode() const { return info_.st_mode & kBits; }

    void own(uid_t uid, gid_t gid) {
        if (info_.st_uid == uid && (gid == static_cast<gid_t>(-1) || info_.st_gid == gid)) return;
        if (::fchownat(fd_, "", uid, gid, AT_EMPTY_PATH) != 0) fail("give to user " + std::to_string(uid));
    }
    void set_mode(mode_t mode) {
        if (mode == this->mode()) return;
        if (::chmod(("/proc/self/fd/" + std::to_string(fd_)).c_str(), mode) != 0) fail("change the mode of");
    }

private:
    [[noreturn]] void fail(const std::string& what) const {
        throw_errno(ErrorCode::Unavailable,
                    "can't " + what + " " + path_ +
                        ": its file system must let root do that (NFS: export it with no_root_squash)",
                    errno);
    }

    std::string path_;
    int fd_;
    struct stat info_ {};
};

bool can_read(const GuestUser& user, const std::string& path) {
    const AsGuest guest(user);
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const bool refused = fd < 0 && errno == EACCES;
    if (fd >= 0) ::close(fd);
    return !refused;
}

void need_readable(const GuestUser& user, const std::string& path) {
    if (can_read(user, path)) return;
    throw Error(ErrorCode::Unavailable, "a guest's user (" + std::to_string(user.uid) + ") can't reach " + path +
                                            ": the folders above must let others enter (chmod o+x)");
}

void own(const GuestUser& user, const std::string& path, bool writable) {
    Subject file(path);
    file.own(user.uid, user.gid);
    file.set_mode(writable ? 0600 : 0400);
    need_readable(user, path);
}

// Its owner may be another guest, which has it as a layer of its own.
void share(const GuestUser& user, const std::string& path, bool writable) {
    Subject file(path);
    const bool open_to_all = !writable && (file.mode() & S_IROTH) != 0;
    if (!open_to_all && file.info().st_uid != user.uid) {
        file.own(file.info().st_uid, user.gid);
        file.set_mode(file.mode() | (writable ? 0060 : 0040));
    }
    need_readable(user, path);
}

/// A frozen layer of the volume itself, which merges write to; anything else may have other users.
bool is_layer_of(const std::string& volume_id, const std::string& path) {
    return !volume_id.empty() && path.substr(path.rfind('/') + 1).starts_with("volume-" + volume_id);
}

// Frozen layers are read-only for their owner, too.
void give_layer(const GuestUser& user, const std::string& path) {
    Subject file(path);
    if (file.info().st_uid == 0) file.own(user.uid, user.gid);
    share(user, path, false);
}

}  // namespace

void give_disk(const std::optional<GuestUser>& user, const GuestDisk& disk, const DiskFile& file,
               const std::vector<ChainLink>& chain) {
    if (!user || file.nbd) return;
    for (const auto& link : chain) {
        if (is_layer_of(disk.volume_id, link.path)) {
            give_layer(*user, link.path);
        } else {
            share(*user, link.path, false);
        }
    }
    if (qemu::is_shareable(disk, file.format)) return share(*user, file.path, !qemu::is_read_only(disk));
    own(*user, file.path, !qemu::is_read_only(disk));
}

void give_file(const std::optional<GuestUser>& user, const std::string& path) {
    if (user) own(*user, path, true);
}

void take_back(const std::optional<GuestUser>& user, const std::vector<std::string>& paths) {
    if (!user || user->uid == 0) return;
    for (const auto& path : paths) {
        try {
            Subject file(path);
            if (file.info().st_uid == user->uid) file.own(0, static_cast<gid_t>(-1));
        } catch (const Error& failure) {
            if (failure.code() != ErrorCode::NotFound)
                log::warning("a guest keeps a file", {{"file", path}, {"error", failure.message()}});
        }
    }
}

OpenForMerge::OpenForMerge(const std::optional<GuestUser>& user, const std::vector<std::string>& paths) {
    if (!user) return;
    for (const auto& path : paths) {
        Subject file(path);
        if (file.info().st_uid != user->uid) file.own(user->uid, user->gid);
        if ((file.mode() & S_IWUSR) != 0) continue;
        changed_.emplace_back(path, file.mode());
        file.set_mode(file.mode() | S_IWUSR);
    }
}

OpenForMerge::~OpenForMerge() {
    for (const auto& [path, mode] : changed_) {
        try {
            Subject(path).set_mode(mode);
        } catch (const Error& failure) {
            log::debug("a merged layer is gone", {{"file", path}, {"error", failure.message()}});
        }
    }
}

bool can_enter(const GuestUser& user, const std::string& folder) {
    const AsGuest guest(user);
    struct stat found {};
    return ::stat((folder + "/.").c_str(), &found) == 0 || errno != EACCES;
}

}  // namespace virga::compute::virt::libvirt
