#include "disk/qemu_img.hpp"

#include <signal.h>

#include <optional>

#include "base/error.hpp"
#include "disk/disk.hpp"
#include "disk/keyed.hpp"

namespace virga::disk {
namespace {

// 1 GiB is just too little for the threads of an out-of-order conversion on machines with many cores: each takes 8 MiB
// of stack and up to 64 MiB of allocator arena.
constexpr std::uint64_t kAddressSpace = 2ULL * 1024 * 1024 * 1024;
constexpr std::int64_t kCpuSecondsPerGib = 60;
constexpr std::int64_t kCpuSecondsPerVirtualGib = 4;
constexpr std::ptrdiff_t kSubCommand = 1;  ///< its place among the words

ProcessLimits limits_of(const QemuImgRun& run) {
    ProcessLimits limits;
    limits.address_space_bytes = kAddressSpace;
    limits.cpu_seconds = cpu_seconds(run);
    limits.file_bytes = static_cast<std::uint64_t>(run.file_bytes);
    return limits;
}

bool mentions(const std::string& text, std::string_view words) {
    return text.find(words) != std::string::npos;
}

[[noreturn]] void fail(const ProcessResult& result, const QemuImgRun& run) {
    if (mentions(result.err, "No space left") || mentions(result.err, "Disk quota exceeded"))
        throw Error(ErrorCode::NoSpace, run.what + ": no space left on the storage", result.err);
    if (mentions(result.err, "Failed to get"))
        throw Error(ErrorCode::Busy, run.what + ": the disk is in use by a running server", result.err);
    if (mentions(result.err, "Invalid password"))
        throw Error(ErrorCode::Corrupt, run.what + ": the disk is not encrypted with its key", result.err);
    const bool over_bound = result.exit_code == 128 + SIGXCPU || result.exit_code == 128 + SIGXFSZ ||
                            mentions(result.err, "File too large");
    if (over_bound)
        throw Error(ErrorCode::InvalidInput, run.what + ": the image needs more than its size allows", result.err);
    throw Error(ErrorCode::Internal, run.what + " failed (qemu-img exit code " + std::to_string(result.exit_code) + ")",
                result.err);
}

}  // namespace

std::uint64_t cpu_seconds(const QemuImgRun& run) {
    const auto seconds =
        kCpuSecondsPerGib * (1 + run.work_bytes / kGiB) + kCpuSecondsPerVirtualGib * (run.virtual_bytes / kGiB);
    return static_cast<std::uint64_t>(seconds);
}

ProcessResult run_qemu_img(std::vector<std::string> arguments, const QemuImgRun& run) {
    std::vector<std::string> argv{"qemu-img"};
    for (auto& argument : arguments) argv.push_back(std::move(argument));
    auto files = run.files;
    std::optional<KeyFile> key;
    if (!run.key.empty()) {
        const auto more = key.emplace(run.key).arguments();
        argv.insert(argv.begin() + kSubCommand + 1, more.begin(), more.end());
        files.push_back(key->file());
    }
    auto result = run_sandboxed(argv, std::move(files), limits_of(run), run.watch);
    if (result.exit_code != 0) fail(result, run);
    return result;
}

}  // namespace virga::disk
