#include "volume/host/exports/running_process.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <sstream>

#include "base/process.hpp"
#include "base/scope_exit.hpp"
#include "base/small_file.hpp"

namespace virga::volume::host {
namespace {

constexpr std::chrono::seconds kEndOfKilled{30};

const std::string& this_boot() {
    static const auto text = read_small_file("/proc/sys/kernel/random/boot_id").value_or("");
    return text;
}

/// Nothing: there is no such process, or nothing is left of it but its number. One whose first thread has ended while
/// others haven't still has its files and ports.
std::optional<std::int64_t> start_of(pid_t pid) {
    std::optional<std::string> text;
    try {
        text = read_small_file("/proc/" + std::to_string(pid) + "/stat");
    } catch (const Error&) {
        return std::nullopt;  // it ended while it was read
    }
    const auto name_end = text ? text->rfind(')') : std::string::npos;
    if (name_end == std::string::npos) return std::nullopt;
    std::istringstream words(text->substr(name_end + 1));
    std::string state;
    std::string skipped;
    std::int64_t threads = 0;
    std::int64_t start = 0;
    words >> state;
    constexpr int kBetweenStateAndThreads = 16;
    for (int i = 0; i < kBetweenStateAndThreads; ++i) words >> skipped;
    words >> threads >> skipped >> start;
    if (!words || state == "X" || (state == "Z" && threads <= 1)) return std::nullopt;
    return start;
}

}  // namespace

RunningProcess RunningProcess::of(pid_t pid) {
    return {pid, start_of(pid).value_or(0), this_boot()};
}

bool RunningProcess::is_alive() const {
    if (pid <= 0 || boot != this_boot()) return false;
    const auto found = start_of(pid);
    if (found && *found == start) return true;
    reap(pid);
    return false;
}

int RunningProcess::open() const {
    if (!is_alive()) return -1;
    const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (handle >= 0 && is_alive()) return handle;  // it was this one when it was opened
    if (handle >= 0) ::close(handle);
    return -1;
}

bool RunningProcess::await_end(std::chrono::milliseconds at_most) const {
    const int handle = open();
    if (handle < 0) return true;
    const ScopeExit close([handle] { ::close(handle); });
    pollfd ended{handle, POLLIN, 0};
    if (::poll(&ended, 1, static_cast<int>(at_most.count())) <= 0) return false;
    reap(pid);
    return true;
}

void RunningProcess::kill() const {
    const int handle = open();
    if (handle < 0) return;
    const ScopeExit close([handle] { ::close(handle); });
    ::syscall(SYS_pidfd_send_signal, handle, SIGKILL, nullptr, 0);
    await_end(kEndOfKilled);
}

}  // namespace virga::volume::host
