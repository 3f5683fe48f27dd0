#include "conformance/volume/backends.hpp"

#include <sys/mount.h>

#include <cstdlib>
#include <filesystem>

#include "base/error.hpp"
#include "base/process.hpp"
#include "disk/disk.hpp"
#include "volume/host/drivers/fake/fake_driver.hpp"
#include "volume/host/drivers/local/local_driver.hpp"

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
    static const std::vector<std::string> kinds{"local", "local_reflink", "fake"};
    return kinds;
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
    return kind == "local_reflink" ? shared_xfs().path() : "/tmp";
}

std::unique_ptr<Driver> open_driver(const std::string& kind, const std::string& folder) {
    if (kind == "fake") return std::make_unique<fake::FakeDriver>(folder);
    return std::make_unique<local::LocalDriver>(files::Options{.folder = folder});
}

}  // namespace virga::volume::host::test
