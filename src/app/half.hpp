#pragma once
#include <signal.h>
#include <sys/types.h>

#include <cstdint>
#include <string>

#include "app/options.hpp"

namespace virga::app {

/// `virga control` or `virga host` as a child of `virga serve`.
class Half {
public:
    explicit Half(std::string name) : name_(std::move(name)) {}
    ~Half();
    Half(const Half&) = delete;
    Half& operator=(const Half&) = delete;

    const std::string& name() const { return name_; }
    pid_t pid() const { return pid_; }  ///< below 0: doesn't run
    bool is_ready() const { return ready_; }
    /// What it last said of itself.
    const std::string& status() const { return status_; }
    int notify_fd() const { return notify_fd_; }  ///< below 0: nothing more will be said
    /// When it is to be started next, on the monotonic clock; only while it doesn't run.
    std::int64_t start_at_us() const { return start_at_us_; }
    int pause_ms() const { return pause_ms_; }

    /// Starts `program` (or this executable, when the file is gone). `blocked` are the signals to unblock in it.
    /// Throws Error{Internal} when the system has no process or descriptor for it: call ended(), which plans another
    /// try.
    void start(const std::string& program, const Options& options, const sigset_t& blocked);
    /// Takes what it has said meanwhile.
    void listen();
    /// Its process is gone, or never was: plans the next start, later after each quick end.
    void ended();

private:
    void take_line(const std::string& line);
    void close_notify();

    std::string name_;
    pid_t pid_ = -1;
    std::int64_t started_us_ = 0;
    std::int64_t start_at_us_ = 0;
    int pause_ms_ = 0;
    int notify_fd_ = -1;  ///< read end of the pipe that it announces on
    std::string unread_;
    std::string status_;
    bool ready_ = false;
};

}  // namespace virga::app
