#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>

#include "app/commands.hpp"
#include "app/memory.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/log.hpp"

namespace virga::app {
namespace {

constexpr std::int64_t kSteady_us = 10'000'000;  ///< a child that lived this long is started again at once
constexpr int kLongestPause_ms = 5'000;
constexpr int kStopSeconds = 20;

/// One of the two halves.
struct Child {
    std::string name;
    pid_t pid = -1;
    std::int64_t started_us = 0;
    int pause_ms = 0;
    std::int64_t start_at_us = 0;  ///< when pid is -1: not before
};

class Supervisor {
public:
    explicit Supervisor(const Options& options) : options_(options) {
        sigemptyset(&signals_);
        for (const int signal : {SIGTERM, SIGINT, SIGCHLD}) sigaddset(&signals_, signal);
        sigprocmask(SIG_BLOCK, &signals_, nullptr);
        ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    }

    int run() {
        for (;;) {
            for (auto& child : children_) {
                if (child.pid < 0 && monotonic_us() >= child.start_at_us) start(child);
            }
            give_back_memory();
            const int signal = wait_signal();
            if (signal == SIGTERM || signal == SIGINT) return stop();
            reap();
            if (misconfigured_) {
                stop();
                return kExitMisconfigured;
            }
        }
    }

private:
    void start(Child& child) {
        std::vector<std::string> words{"virga", child.name};
        for (auto& word : options_.arguments()) words.push_back(std::move(word));
        std::vector<char*> argv;
        for (auto& word : words) argv.push_back(word.data());
        argv.push_back(nullptr);
        const pid_t parent = ::getpid();
        const pid_t pid = ::fork();
        if (pid < 0) throw_errno(ErrorCode::Internal, "fork", errno);
        if (pid == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
            if (::getppid() != parent) ::_exit(1);
            sigprocmask(SIG_UNBLOCK, &signals_, nullptr);
            ::execv(program_.c_str(), argv.data());
            ::execv("/proc/self/exe", argv.data());  // the file was replaced or removed
            ::_exit(127);
        }
        child.pid = pid;
        child.started_us = monotonic_us();
    }

    int wait_signal() {
        timespec pause{3600, 0};
        for (const auto& child : children_) {
            if (child.pid >= 0) continue;
            const auto left = std::max<std::int64_t>(child.start_at_us - monotonic_us(), 0);
            pause = {static_cast<time_t>(left / 1'000'000), static_cast<long>(left % 1'000'000 * 1000)};
        }
        return sigtimedwait(&signals_, nullptr, &pause);
    }

    /// Takes the status of every process that ended: the halves, and guests that were adopted from them.
    void reap() {
        int status = 0;
        for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
            for (auto& child : children_) {
                if (child.pid == pid) ended(child, status);
            }
        }
    }

    void ended(Child& child, int status) {
        const auto lived_us = monotonic_us() - child.started_us;
        child.pid = -1;
        if (WIFEXITED(status) && WEXITSTATUS(status) == kExitMisconfigured) {
            misconfigured_ = true;
            return;
        }
        child.pause_ms = lived_us > kSteady_us ? 0 : std::min(std::max(child.pause_ms * 2, 50), kLongestPause_ms);
        child.start_at_us = monotonic_us() + std::int64_t{child.pause_ms} * 1000;
        log::warning("process ended, it is started again", {{"process", child.name},
                                                            {"exit", WIFEXITED(status) ? WEXITSTATUS(status) : -1},
                                                            {"signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0},
                                                            {"in_ms", child.pause_ms}});
    }

    int stop() {
        for (const auto& child : children_) {
            if (child.pid > 0) ::kill(child.pid, SIGTERM);
        }
        const auto until = monotonic_us() + std::int64_t{kStopSeconds} * 1'000'000;
        while ((children_[0].pid > 0 || children_[1].pid > 0) && monotonic_us() < until) {
            timespec pause{1, 0};
            sigtimedwait(&signals_, nullptr, &pause);
            reap_quietly();
        }
        for (const auto& child : children_) {
            if (child.pid > 0) ::kill(child.pid, SIGKILL);
        }
        return 0;
    }

    void reap_quietly() {
        for (pid_t pid = 0; (pid = ::waitpid(-1, nullptr, WNOHANG)) > 0;) {
            for (auto& child : children_) {
                if (child.pid == pid) child.pid = -1;
            }
        }
    }

    const Options& options_;
    /// By its path, so that tools show the children by their name.
    std::string program_ = std::filesystem::read_symlink("/proc/self/exe").string();
    bool misconfigured_ = false;
    sigset_t signals_;
    std::array<Child, 2> children_{Child{"control"}, Child{"host"}};
};

}  // namespace

int serve(const Options& options) {
    const auto config = options.load();
    log::init("serve", config.get(setting::log_level));
    prepare_state_dir(options);
    lock_folder(options.state_dir);
    return Supervisor(options).run();
}

}  // namespace virga::app
