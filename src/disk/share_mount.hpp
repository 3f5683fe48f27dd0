#pragma once
#include <string>

/// Network shares mounted on a host: for the storage host that keeps volumes on them, and for the hosts whose guests
/// use those.
namespace virga::disk {

struct Share {
    std::string type;     ///< as mount(8) knows it: glusterfs, nfs
    std::string source;   ///< "server:/name"
    std::string options;  ///< comma separated; may be empty
};

/// <base>/<MD5 of the source, in hex>: the same on every host.
std::string mount_point_of(const std::string& base, const std::string& source);

enum class MountState {
    Absent,  ///< nothing is mounted there
    Alive,
    Dead,  ///< mounted, but what is behind it is gone (ENOTCONN, ESTALE ...)
};
/// Asks the kernel, which may ask the share: as slow as that answers.
MountState mount_state(const std::string& mount_point);

/// Mounts the share unless it is; a dead mount is replaced. Returns the mount point. Idempotent; of several processes
/// of this host one mounts, the others wait for it. Nothing is ever unmounted for being unused: guests may be on it.
/// Throws Error{Unavailable} saying what mount(8) said.
std::string ensure_mounted(const Share& share, const std::string& base);

/// The path of a file of the share. Throws Error{InvalidInput} when `name` is more than a plain name (one folder may
/// precede it: "_base/x"), Error{Corrupt} when a symbolic link stands there.
std::string path_in_share(const std::string& mount_point, const std::string& name);
/// Throws Error{Corrupt} when the file isn't under the mount point, or is reached over a symbolic link.
void check_in_share(const std::string& mount_point, const std::string& path);

}  // namespace virga::disk
