#include "disk/share_mount.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/process.hpp"
#include "base/scope_exit.hpp"
#include "disk/file.hpp"
#include "disk/root.hpp"

namespace virga::disk {
namespace {

constexpr std::chrono::seconds kMountTimeout{90};

std::string last_line(const std::string& text) {
    const auto end = text.find_last_not_of(" \n");
    if (end == std::string::npos) return "no reason given";
    const auto begin = text.rfind('\n', end);
    return text.substr(begin == std::string::npos ? 0 : begin + 1,
                       end - (begin == std::string::npos ? 0 : begin + 1) + 1);
}

// Held while one process of the host mounts; the kernel lets go of it when that process ends.
class HostLock {
public:
    explicit HostLock(const std::string& path) : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
        if (fd_ < 0) throw_errno(ErrorCode::Internal, "open " + path, errno);
        while (::flock(fd_, LOCK_EX) != 0) {
            if (errno != EINTR) throw_errno(ErrorCode::Internal, "lock of " + path, errno);
        }
    }
    ~HostLock() { ::close(fd_); }
    HostLock(const HostLock&) = delete;
    HostLock& operator=(const HostLock&) = delete;

private:
    int fd_;
};

void make_folder(const std::string& path) {
    std::error_code failure;
    std::filesystem::create_directories(path, failure);
    if (failure) throw Error(ErrorCode::Internal, "folder " + path + " can't be made: " + failure.message());
}

void mount(const Share& share, const std::string& mount_point) {
    std::vector<std::string> words{"mount", "-t", share.type};
    if (!share.options.empty()) words.insert(words.end(), {"-o", share.options});
    words.insert(words.end(), {share.source, mount_point});
    ProcessLimits limits;
    limits.timeout = kMountTimeout;
    const auto result = run_process(words, limits);
    if (result.exit_code == 0 && mount_state(mount_point) == MountState::Alive) return;
    ::umount2(mount_point.c_str(), MNT_DETACH);  // mounted, but not reachable
    throw Error(ErrorCode::Unavailable,
                "Share " + share.source + " can't be mounted: " +
                    (result.timed_out ? "no answer within 90 s" : last_line(result.err + result.out)) + ".");
}

}  // namespace

std::string mount_point_of(const std::string& base, const std::string& source) {
    return base + "/" + hash_hex(HashAlgorithm::Md5, source);
}

MountState mount_state(const std::string& mount_point) {
    struct statx info {};
    if (::statx(AT_FDCWD, mount_point.c_str(), AT_NO_AUTOMOUNT, STATX_TYPE, &info) != 0)
        return errno == ENOENT || errno == ENOTDIR ? MountState::Absent : MountState::Dead;
    if ((info.stx_attributes & STATX_ATTR_MOUNT_ROOT) == 0) return MountState::Absent;
    struct statvfs space {};
    return ::statvfs(mount_point.c_str(), &space) == 0 ? MountState::Alive : MountState::Dead;
}

std::string ensure_mounted(const Share& share, const std::string& base) {
    auto mount_point = mount_point_of(base, share.source);
    if (mount_state(mount_point) == MountState::Alive) return mount_point;
    make_folder(base);
    const HostLock lock(mount_point + ".lock");
    const auto state = mount_state(mount_point);
    if (state == MountState::Alive) return mount_point;
    if (state == MountState::Dead) {
        log::warning("a share is dead: mounting it anew", {{"share", share.source}, {"mount_point", mount_point}});
        if (::umount2(mount_point.c_str(), MNT_DETACH) != 0 && errno != EINVAL)
            throw_errno(ErrorCode::Unavailable, "dead share " + share.source + " can't be unmounted", errno);
    }
    make_folder(mount_point);
    mount(share, mount_point);
    log::info("share mounted", {{"share", share.source}, {"mount_point", mount_point}});
    return mount_point;
}

std::string path_in_share(const std::string& mount_point, const std::string& name) {
    const auto bare = name.starts_with("_base/") ? name.substr(6) : name;
    if (bare.empty() || bare.front() == '.' || bare.find_first_of(std::string("/\0", 2)) != std::string::npos)
        throw Error(ErrorCode::InvalidInput, "'" + name + "' is no name of a file of a share");
    auto path = mount_point + "/" + name;
    check_in_share(mount_point, path);
    return path;
}

void check_in_share(const std::string& mount_point, const std::string& path) {
    try {
        Root(mount_point).check(path);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::InvalidInput)
            throw Error(ErrorCode::Unavailable, "file " + path + " can't be reached", error.detail());
        throw Error(ErrorCode::Corrupt, "a disk on the share at " + mount_point + " names a file outside of it", path);
    }
}

}  // namespace virga::disk
