#include "conformance/volume/backends.hpp"

#include <sys/mount.h>

#include <cstdlib>
#include <filesystem>

#include "base/error.hpp"
#include "base/process.hpp"
#include "conformance/volume/keyed_driver.hpp"
#include "conformance/volume/shares.hpp"
#include "disk/disk.hpp"
#include "volume/host/drivers/registry.hpp"

namespace virga::volume::host::test {
namespace {

std::unique_ptr<XfsMount> the_xfs;

void must(const std::vector<std::string>& argv) {
    const auto result = run_process(argv);
    if (result.exit_code == 0) return;
    throw Error(ErrorCode::Internal, "XFS for the reflink tests: '" + argv[0] +
                                         "' failed (root and loop devices are needed): " + result.err);
}

}  // namespace

const std::vector<std::string>& backend_kinds() {
    static const std::vector<std::string> kinds{"local",           "local_reflink",          "glusterfs", "nfs", "fake",
                                                "local_encrypted", "local_reflink_encrypted"};
    return kinds;
}

const std::vector<std::string>& storing_kinds() {
    static const std::vector<std::string> kinds{"local", "local_reflink",   "glusterfs",
                                                "nfs",   "local_encrypted", "local_reflink_encrypted"};
    return kinds;
}

bool is_remote(const std::string& kind) {
    return kind == "glusterfs" || kind == "nfs";
}

bool is_encrypted(const std::string& kind) {
    return kind.ends_with("_encrypted");
}

XfsMount::XfsMount(int mib) {
    char name[] = "/tmp/virga-xfs-XXXXXX";
    if (::mkdtemp(name) == nullptr) throw_errno(ErrorCode::Internal, "mkdtemp", errno);
    path_ = name;
    file_ = memory_folder() + "/" + path_.substr(sizeof "/tmp") + ".img";
    disk::create_raw(file_, static_cast<std::int64_t>(mib) << 20);
    must({"mkfs.xfs", "-q", "-m", "reflink=1", file_});
    must({"mount", "-o", "loop", file_, path_});
}

XfsMount::~XfsMount() {
    run_process({"umount", path_});
    std::filesystem::remove(path_);
    std::filesystem::remove(file_);
}

const std::string& memory_folder() {
    static const std::string folder = std::filesystem::exists("/dev/shm") ? "/dev/shm" : "/tmp";
    return folder;
}

const XfsMount& shared_xfs() {
    if (!the_xfs) the_xfs = std::make_unique<XfsMount>(2048);
    return *the_xfs;
}

void close_shared_xfs() {
    the_xfs.reset();
}

std::string parent_folder(const std::string& kind) {
    if (kind.starts_with("local_reflink")) return shared_xfs().path();
    if (kind == "glusterfs") return gluster_root();
    return kind == "nfs" ? nfs_root() : "/tmp";
}

std::string images_folder(const std::string& kind) {
    return is_remote(kind) ? kScratch : parent_folder(kind);
}

std::unique_ptr<Driver> open_driver(const std::string& kind, const std::string& folder) {
    BackendConfig config;
    config.name = kind;
    config.driver = kind.substr(0, kind.find('_'));
    config.path = folder;
    config.mount_point_base = kMountBase;
    if (kind == "glusterfs") config.mount_options = "log-file=/dev/null,attribute-timeout=0,entry-timeout=0";
    if (is_remote(kind)) config.shares.push_back(share_of(kind, folder));
    auto driver = make_driver(config);
    return is_encrypted(kind) ? with_keys(std::move(driver)) : std::move(driver);
}

void release_folder(const std::string& kind, const std::string& folder) {
    if (is_remote(kind)) unmount(share_of(kind, folder));
}

}  // namespace virga::volume::host::test
