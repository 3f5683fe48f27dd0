#include "compute/host/images/blank_bases.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/process.hpp"
#include "base/small_file.hpp"
#include "disk/disk.hpp"
#include "disk/file.hpp"
#include "disk/reserve.hpp"

namespace virga::compute::host {
namespace {

constexpr std::int64_t kMiB = 1024 * 1024;
constexpr std::int64_t kMibPerGib = 1024;
constexpr std::size_t kHashLength = 7;

std::vector<std::string> mkfs_command(const std::string& label, const std::string& path) {
    return {"/usr/sbin/mkfs.ext4", "-q", "-F", "-L", label, "-E", "lazy_itable_init=1,nodiscard", path};
}

// In the sandbox, although the file is ours: what no root runs needs no trust.
void make_ext4(const std::string& label, const std::string& path) {
    constexpr const char* kDefaults = "/etc/mke2fs.conf";
    std::vector<SandboxFile> files{{path, true}};
    if (::access(kDefaults, F_OK) == 0) files.push_back({kDefaults});
    const auto command = mkfs_command(label, path);
    const auto result = run_sandboxed(command, std::move(files), {.timeout = std::chrono::minutes(10)});
    if (result.exit_code != 0)
        throw Error(ErrorCode::Internal, "an empty disk could not be formatted", command[0] + ": " + result.err);
}

/// What mkswap writes: a page with the header (Linux: union swap_header), in this machine's byte order.
void make_swap(const std::string& path, std::int64_t size_bytes) {
    constexpr std::size_t kPage = 4096;
    constexpr std::size_t kInfo = 1024;  ///< version, last page, number of bad pages; then the UUID
    constexpr std::string_view kMagic = "SWAPSPACE2";
    std::string page(kPage, '\0');
    const std::uint32_t info[3] = {1, static_cast<std::uint32_t>(size_bytes / static_cast<std::int64_t>(kPage) - 1), 0};
    std::memcpy(page.data() + kInfo, info, sizeof info);
    random_bytes(page.data() + kInfo + sizeof info, 16);
    page.replace(kPage - kMagic.size(), kMagic.size(), kMagic);
    auto file = disk::File::open_for_writing(path);
    file.write_at(0, page);
    file.sync();
}

void make_file(const std::string& path, std::int64_t size_bytes) {
    ::unlink(path.c_str());
    disk::create_raw(path, size_bytes);
}

}  // namespace

template <class Format>
BaseImage BlankBases::find_or_make(const std::string& name, std::int64_t size_mib, Format format) {
    if (size_mib <= 0) throw Error(ErrorCode::InvalidInput, "an empty disk needs a size");
    const auto guard = folder_.lock(name);
    if (auto found = folder_.find(name)) return std::move(*found);
    folder_.create();
    if (!fake_) disk::require_reserve(disk::folder_of(folder_.file(name)));
    const BaseImage base{folder_.file(name), disk::Format::Raw, size_mib * kMiB};
    const auto part = base.path + ".part";
    if (fake_) {
        write_small_file(part, "");
    } else {
        make_file(part, base.virtual_size_bytes);
        format(part);
    }
    if (::rename(part.c_str(), base.path.c_str()) != 0)
        throw_errno(ErrorCode::Internal, "rename to " + base.path, errno);
    failpoint("host.create_disks.blank_base_made");
    folder_.record(name, base);
    return base;
}

BaseImage BlankBases::ephemeral(std::int64_t size_mib) {
    std::string command;
    for (const auto& word : mkfs_command("ephemeral0", "")) command += word + " ";
    const auto size =
        size_mib % kMibPerGib == 0 ? std::to_string(size_mib / kMibPerGib) : std::to_string(size_mib) + "m";
    const auto name = "ephemeral_" + size + "_" + hash_hex(HashAlgorithm::Sha1, command).substr(0, kHashLength);
    return find_or_make(name, size_mib, [](const std::string& path) { make_ext4("ephemeral0", path); });
}

BaseImage BlankBases::swap(std::int64_t size_mib) {
    return find_or_make("swap_" + std::to_string(size_mib), size_mib,
                        [size_mib](const std::string& path) { make_swap(path, size_mib * kMiB); });
}

}  // namespace virga::compute::host
