#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace virga {

/// Bounds of a helper program that reads untrusted input.
struct ProcessLimits {
    std::uint64_t address_space_bytes = 0;  ///< 0: not limited
    std::uint64_t cpu_seconds = 0;          ///< 0: not limited
    std::uint64_t file_bytes = 0;           ///< largest file it may write; 0: not limited
    bool no_network = false;                ///< runs in an empty network namespace (needs privilege; else ignored)
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

}  // namespace virga
