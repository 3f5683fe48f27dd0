#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/sandbox.hpp"

namespace virga {

/// Bounds of a helper program that reads untrusted input.
struct ProcessLimits {
    std::uint64_t address_space_bytes = 0;  ///< 0: not limited
    std::uint64_t cpu_seconds = 0;          ///< 0: not limited
    std::uint64_t file_bytes = 0;           ///< largest file it may write; 0: not limited
    std::chrono::milliseconds timeout{0};   ///< wall clock; 0: none
};

struct ProcessResult {
    int exit_code = -1;  ///< 128 + N when ended by signal N
    std::string out;     ///< standard output, at most 16 MiB
    std::string err;     ///< standard error, the last 64 KiB
    bool timed_out = false;
};

/// Runs a program (looked up in PATH, no shell) and waits. `cancelled`, when given, is asked every 100 ms; true
/// ends the program with SIGKILL and throws Error{Cancelled}. Never throws for a non-zero exit code.
/// Throws Error{Internal} when the program can't be started.
ProcessResult run_process(const std::vector<std::string>& argv, const ProcessLimits& limits = {},
                          const std::function<bool()>& cancelled = {});

/// The same for a program that reads what others wrote: in the sandbox, from where it can open these files and no
/// others. The program is one of /usr/bin. It dies with the thread that waits for it. Throws Error{Unavailable} where
/// there is no sandbox; where it is switched off, the program runs as this process does.
ProcessResult run_sandboxed(const std::vector<std::string>& argv, std::vector<SandboxFile> files,
                            const ProcessLimits& limits = {}, const std::function<bool()>& cancelled = {});

/// A program in the sandbox that goes on beside this process, which talks to it by a socket: systemd's activation by
/// socket, with `listening` as the only one. Destruction ends it.
class SandboxedService {
public:
    SandboxedService(const std::vector<std::string>& argv, std::vector<SandboxFile> files, const ProcessLimits& limits,
                     int listening);
    ~SandboxedService();
    SandboxedService(const SandboxedService&) = delete;
    SandboxedService& operator=(const SandboxedService&) = delete;

    /// Waits until the program has ended by itself, at most so long; what it wrote to standard error.
    std::string wait(std::chrono::milliseconds at_most);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// A program in the sandbox that goes on when this process ends, however that ends.
struct DetachedProgram {
    std::vector<std::string> argv;
    std::vector<SandboxFile> files;  ///< what it may open until it is ready; from then on it can open nothing
    std::vector<int> descriptors;    ///< become 3, 4 and so on in the program; four at most
};

/// Starts it and waits until it is ready, which `is_ready` is asked for again and again. `started` is told its process
/// id before the program runs: when this process is killed before that returned, there will be no program. Throws what
/// `started` throws and Error{Unavailable} with what the program said when it ended or wasn't ready in time; then it
/// is gone. It is this process's child: who learns of its end calls reap().
pid_t start_detached(const DetachedProgram& program, const std::function<void(pid_t)>& started,
                     const std::function<bool()>& is_ready, std::chrono::milliseconds at_most);

/// Lets go of an ended child, if it is one of this process. Never waits.
void reap(pid_t child);

}  // namespace virga
