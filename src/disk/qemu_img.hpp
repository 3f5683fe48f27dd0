#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/process.hpp"
#include "base/sandbox.hpp"
#include "base/secret.hpp"

namespace virga::disk {

struct QemuImgRun {
    std::string what;                  ///< for messages: "convert image"
    std::vector<SandboxFile> files{};  ///< all that it opens
    std::int64_t work_bytes = 0;       ///< how much data it reads, expands and writes: scales the CPU bound
    std::int64_t virtual_bytes = 0;    ///< of the disk: also what has no data is looked at
    std::int64_t file_bytes = 0;       ///< largest file it may write; 0: not limited
    std::function<bool()> watch{};     ///< asked every 100 ms; true ends it
    Secret key{};                      ///< of the disks that keyed.hpp names in the arguments
};

/// What a run may take of the CPU, on a slow machine too: a minute, another one per GiB of data, and 4 s per GiB of the
/// disk, as some file systems don't tell where a file has no data.
std::uint64_t cpu_seconds(const QemuImgRun& run);

/// Runs qemu-img in the sandbox under limits (2 GiB of address space, CPU as cpu_seconds() says) and so that it dies
/// with this process: a repeat after a restart must not meet a left-over writer. Throws NoSpace, Busy (the file is in
/// use by a running guest), Cancelled (watch said so), InvalidInput (a limit was hit), Corrupt (wrong key), Internal.
/// The first argument is the sub-command.
ProcessResult run_qemu_img(std::vector<std::string> arguments, const QemuImgRun& run);

}  // namespace virga::disk
