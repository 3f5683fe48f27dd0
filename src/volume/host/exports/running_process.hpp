#pragma once
#include <sys/types.h>

#include <chrono>
#include <string>

#include "base/json.hpp"

namespace virga::volume::host {

/// Names one process for good: its number alone may be another's later.
struct RunningProcess {
    pid_t pid = 0;           ///< 0: none
    std::int64_t start = 0;  ///< when it began, as the kernel counts
    std::string boot;        ///< which boot of the machine that was in

    static RunningProcess of(pid_t pid);
    json::object to_json() const { return {{"pid", pid}, {"start", start}, {"boot", boot}}; }
    static RunningProcess from_json(const json::object& o) {
        return {static_cast<pid_t>(get_int(o, "pid")), get_int(o, "start"), get_string(o, "boot")};
    }

    /// Lets go of it when it was our child and has ended.
    bool is_alive() const;
    /// A descriptor that is readable when it has ended, to be closed by the caller; -1: it has ended.
    int open() const;
    /// True when it ended in time.
    bool await_end(std::chrono::milliseconds at_most) const;
    void kill() const;  ///< and waits for its end
};

}  // namespace virga::volume::host
