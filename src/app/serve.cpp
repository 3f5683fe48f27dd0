#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>

#include "app/announcer.hpp"
#include "app/commands.hpp"
#include "app/configuration.hpp"
#include "app/half.hpp"
#include "app/memory.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/log.hpp"

namespace virga::app {
namespace {

constexpr std::int64_t kStop_us = 20'000'000;
constexpr int kLongestWait_ms = 3'600'000;
/// A half that ends so often before the cloud was ever ready won't start at all.
constexpr int kMostFalseStarts = 3;

class Supervisor {
public:
    Supervisor(const Options& options, Announcer& announcer) : options_(options), announcer_(announcer) {
        sigemptyset(&signals_);
        for (const int signal : {SIGTERM, SIGINT, SIGCHLD}) sigaddset(&signals_, signal);
        sigprocmask(SIG_BLOCK, &signals_, nullptr);
        signal_fd_ = ::signalfd(-1, &signals_, SFD_CLOEXEC | SFD_NONBLOCK);
        if (signal_fd_ < 0) throw_errno(ErrorCode::Internal, "signalfd", errno);
        ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    }
    ~Supervisor() { ::close(signal_fd_); }
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    int run() {
        for (;;) {
            for (auto& half : halves_) {
                if (half.pid() < 0 && monotonic_us() >= half.start_at_us()) start(half);
            }
            announce();
            give_back_memory();
            if (wait(next_start_ms())) return stop();
            reap();
            if (misconfigured_ || false_starts_ >= kMostFalseStarts) return give_up();
        }
    }

private:
    /// Without a process or a descriptor to be had, again after a pause: the other half goes on.
    void start(Half& half) {
        try {
            half.start(program_, options_, signals_);
        } catch (const Error& failure) {
            half.ended();
            log::warning("process can't be started, it is tried again", {{"process", half.name()},
                                                                         {"error", failure.message()},
                                                                         {"detail", failure.detail()},
                                                                         {"in_ms", half.pause_ms()}});
        }
    }

    /// Says what the cloud waits for, once per change.
    void announce() {
        std::string waits_for;
        for (const auto& half : halves_) {
            if (half.is_ready()) continue;
            if (!waits_for.empty()) waits_for += "; ";
            waits_for += half.name() + ": " + (half.status().empty() ? "starts" : half.status());
        }
        if (waits_for == announced_) return;
        announced_ = waits_for;
        if (!waits_for.empty()) return announcer_.status(waits_for);
        was_ready_ = true;
        const auto is_ready = halves_[0].status() + ", the host is up";
        announcer_.ready(is_ready);
        log::info("the cloud is ready: " + is_ready);
    }

    int next_start_ms() const {
        std::int64_t wait_us = std::int64_t{kLongestWait_ms} * 1000;
        for (const auto& half : halves_) {
            if (half.pid() < 0) wait_us = std::min(wait_us, half.start_at_us() - monotonic_us());
        }
        return static_cast<int>(std::max<std::int64_t>(wait_us, 0) / 1000) + 1;
    }

    /// Until a signal comes, a half says something, or the time is over. True: this process is told to end.
    bool wait(int at_most_ms) {
        std::array<pollfd, 3> watched{pollfd{signal_fd_, POLLIN, 0}, pollfd{halves_[0].notify_fd(), POLLIN, 0},
                                      pollfd{halves_[1].notify_fd(), POLLIN, 0}};
        ::poll(watched.data(), watched.size(), at_most_ms);
        for (auto& half : halves_) half.listen();
        bool told_to_end = false;
        for (signalfd_siginfo info{}; ::read(signal_fd_, &info, sizeof info) == sizeof info;)
            told_to_end = told_to_end || info.ssi_signo != SIGCHLD;
        return told_to_end;
    }

    /// Takes the status of every process that ended: the halves, and guests that were adopted from them.
    void reap() {
        int status = 0;
        for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
            for (auto& half : halves_) {
                if (half.pid() == pid) ended(half, status);
            }
        }
    }

    void ended(Half& half, int status) {
        half.listen();
        half.ended();
        if (!was_ready_) ++false_starts_;
        // A cloud that was there waits for what it needs: a database that is away, a setting that somebody changes.
        misconfigured_ = !was_ready_ && WIFEXITED(status) && WEXITSTATUS(status) == kExitMisconfigured;
        reason_ = half.name() + ": " + (half.status().empty() ? "ended without a reason" : half.status());
        if (misconfigured_) return;
        log::warning("process ended, it is started again", {{"process", half.name()},
                                                            {"exit", WIFEXITED(status) ? WEXITSTATUS(status) : -1},
                                                            {"signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0},
                                                            {"in_ms", half.pause_ms()}});
    }

    int give_up() {
        const auto reason = reason_;
        stop();
        announcer_.status(reason);
        if (misconfigured_) return kExitMisconfigured;  // the half has printed why
        throw Error(ErrorCode::Internal, "the cloud can't start, last reason: " + reason);
    }

    int stop() {
        announcer_.stopping();
        for (const auto& half : halves_) {
            if (half.pid() > 0) ::kill(half.pid(), SIGTERM);
        }
        for (const auto until_us = monotonic_us() + kStop_us; any_runs() && monotonic_us() < until_us;) {
            wait(1000);
            reap_quietly();
        }
        for (const auto& half : halves_) {
            if (half.pid() > 0) ::kill(half.pid(), SIGKILL);
        }
        return 0;
    }

    bool any_runs() const { return halves_[0].pid() > 0 || halves_[1].pid() > 0; }

    void reap_quietly() {
        for (pid_t pid = 0; (pid = ::waitpid(-1, nullptr, WNOHANG)) > 0;) {
            for (auto& half : halves_) {
                if (half.pid() == pid) half.ended();
            }
        }
    }

    const Options& options_;
    Announcer& announcer_;
    /// By its path, so that tools show the children by their name.
    std::string program_ = std::filesystem::read_symlink("/proc/self/exe").string();
    std::string announced_;
    bool was_ready_ = false;
    int false_starts_ = 0;
    bool misconfigured_ = false;
    std::string reason_;  ///< why a half ended
    sigset_t signals_;
    int signal_fd_ = -1;
    std::array<Half, 2> halves_{Half{"control"}, Half{"host"}};
};

}  // namespace

int serve(const Options& options, Announcer& announcer) {
    const auto config = options.load();
    log::init("serve", config.get(setting::log_level));
    check_control(options, config);
    check_host(options, config);
    prepare_state_dir(options);
    lock_folder(options.state_dir);
    return Supervisor(options, announcer).run();
}

}  // namespace virga::app
