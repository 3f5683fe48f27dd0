#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

/// What drivers on network shares run against. Everything is in the namespaces of the test program (see main.cpp), in
/// the tmpfs at kScratch, so the end of the program takes all of it away.
namespace virga::volume::host::test {

inline constexpr const char* kScratch = "/mnt";
inline constexpr const char* kMountBase = "/mnt/mounts";

/// Makes the scratch, and a mount.nfs that bind-mounts "ANY:/PATH": there may be no NFS client in the kernel.
void prepare_scratch();

/// A real glusterd with a volume of two replicas, started at the first use.
const std::string& gluster_volume();  ///< "ADDRESS:/volumes"
/// Where all of that volume is mounted for the tests' own use.
const std::string& gluster_root();
/// A command of the gluster client; its output.
std::string gluster(const std::string& words);
std::vector<pid_t> bricks();
/// The FUSE client of a mount point. Throws when there is none.
pid_t fuse_client(const std::string& mount_point);
void stop_gluster();

/// Root of the exports of the nfs tests.
const std::string& nfs_root();

/// The share that is the folder, which is below one of the roots and made when missing.
std::string share_of(const std::string& kind, const std::string& folder);
std::string mount_point_of_share(const std::string& share);
void unmount(const std::string& share);

}  // namespace virga::volume::host::test
