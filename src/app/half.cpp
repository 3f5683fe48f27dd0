#include "app/half.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace virga::app {
namespace {

constexpr std::int64_t kSteady_us = 10'000'000;  ///< a child that lived this long is started again at once
constexpr int kShortestPause_ms = 50;
constexpr int kLongestPause_ms = 5'000;

}  // namespace

Half::~Half() {
    close_notify();
}

void Half::start(const std::string& program, const Options& options, const sigset_t& blocked) {
    started_us_ = monotonic_us();
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw_errno(ErrorCode::Internal, "pipe", errno);
    close_notify();
    notify_fd_ = ends[0];
    ::fcntl(notify_fd_, F_SETFL, O_NONBLOCK);
    std::vector<std::string> words{"virga", name_, "--notify-fd", std::to_string(ends[1])};
    for (auto& word : options.arguments()) words.push_back(std::move(word));
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
        if (::getppid() != parent) ::_exit(1);
        ::fcntl(ends[1], F_SETFD, 0);
        sigprocmask(SIG_UNBLOCK, &blocked, nullptr);
        ::execv(program.c_str(), argv.data());
        ::execv("/proc/self/exe", argv.data());  // the file was replaced or removed
        ::_exit(127);
    }
    const int failure = errno;
    ::close(ends[1]);
    if (pid < 0) throw_errno(ErrorCode::Internal, "fork", failure);
    pid_ = pid;
    ready_ = false;
    status_.clear();
    unread_.clear();
}

void Half::listen() {
    char buffer[4096];
    ssize_t got = -1;
    while (notify_fd_ >= 0 && (got = ::read(notify_fd_, buffer, sizeof buffer)) != 0) {
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return;  // nothing more for now
        unread_.append(buffer, static_cast<std::size_t>(got));
        for (std::size_t end = 0; (end = unread_.find('\n')) != std::string::npos; unread_.erase(0, end + 1))
            take_line(unread_.substr(0, end));
    }
    close_notify();
}

void Half::take_line(const std::string& line) {
    constexpr std::string_view kStatus = "STATUS=";
    if (line == "READY=1") ready_ = true;
    if (line.rfind(kStatus, 0) == 0) status_ = line.substr(kStatus.size());
}

void Half::ended() {
    const bool was_steady = monotonic_us() - started_us_ > kSteady_us;
    pid_ = -1;
    ready_ = false;
    pause_ms_ = was_steady ? 0 : std::clamp(pause_ms_ * 2, kShortestPause_ms, kLongestPause_ms);
    start_at_us_ = monotonic_us() + std::int64_t{pause_ms_} * 1000;
}

void Half::close_notify() {
    if (notify_fd_ >= 0) ::close(notify_fd_);
    notify_fd_ = -1;
}

}  // namespace virga::app
