#include "base/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <future>
#include <optional>
#include <thread>
#include <utility>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/open_server.hpp"

namespace virga {
namespace {

constexpr std::size_t kMaxOut = 16 * 1024 * 1024;
constexpr std::size_t kMaxErr = 64 * 1024;
constexpr int kExecFailed = 127;
constexpr int kNoSandbox = 126;
constexpr int kFirstGiven = 3;  ///< as systemd's activation by socket has it
constexpr std::size_t kMostGiven = 4;

// Of a confined program. Its user's processes and threads are counted over all runs.
constexpr std::uint64_t kOpenFiles = 256;
constexpr std::uint64_t kProcesses = 4096;
constexpr std::uint64_t kProcessesOfServices = 65'536;  ///< of those that outlive us: one must not stop another

struct Pipe {
    int read_end = -1;
    int write_end = -1;

    Pipe() {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) throw_errno(ErrorCode::Internal, "pipe", errno);
        read_end = ends[0];
        write_end = ends[1];
    }
    ~Pipe() {
        close_write();
        ::close(read_end);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    void close_write() {
        if (write_end >= 0) ::close(write_end);
        write_end = -1;
    }
};

void limit(int resource, std::uint64_t value) {
    if (value == 0) return;
    const rlimit bound{value, value};
    ::setrlimit(static_cast<__rlimit_resource>(resource), &bound);
}

/// What a new process needs to become the program.
struct Launch {
    std::vector<char*> argv;
    std::vector<char*> environment;  ///< empty: this process's
    ProcessLimits limits;
    const Sandbox* sandbox = nullptr;
    int control = -1;           ///< for Sandbox::enter
    std::vector<int> given;     ///< descriptors that become kFirstGiven and those behind
    char* own_pid = nullptr;    ///< where the environment has room for the number of the new process
    bool dies_with_us = false;  ///< with the thread that starts it
    bool outlives = false;      ///< goes on when nobody reads what it says any more
    const Pipe* go = nullptr;   ///< the program begins when a byte comes; the end of the writer is its end
    int out = -1;
    int err = -1;
};

void say(const char* text) {
    [[maybe_unused]] const auto ignored = ::write(2, text, std::strlen(text));
}

// Into text that ends behind room for it.
void put_number(char* into, pid_t number) {
    char digits[12];
    std::size_t count = 0;
    for (auto rest = number; rest > 0; rest /= 10) digits[count++] = static_cast<char>('0' + rest % 10);
    while (count > 0) *into++ = digits[--count];
    *into = '\0';
}

// Between fork and exec: async-signal-safe calls only. Nothing that is still needed may be where the descriptors go:
// the rest ends with exec.
void give_descriptors(const std::vector<int>& given) {
    constexpr int kAside = 64;
    int aside[kMostGiven];
    const auto count = std::min(given.size(), kMostGiven);
    for (std::size_t i = 0; i < count; ++i) aside[i] = ::fcntl(given[i], F_DUPFD, kAside);
    for (std::size_t i = 0; i < count; ++i) ::dup2(aside[i], kFirstGiven + static_cast<int>(i));
    ::close_range(static_cast<unsigned>(kFirstGiven + count), ~0U, 0);
}

// As above.
[[noreturn]] void run_child(const Launch& launch) {
    const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::dup2(null, 0);
    ::dup2(launch.out, 1);
    ::dup2(launch.err, 2);
    ::setpgid(0, 0);
    limit(RLIMIT_AS, launch.limits.address_space_bytes);
    limit(RLIMIT_CPU, launch.limits.cpu_seconds);
    limit(RLIMIT_FSIZE, launch.limits.file_bytes);
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    char go = 0;
    if (launch.go != nullptr) {
        ::close(launch.go->write_end);  // else it would wait for itself
        if (::read(launch.go->read_end, &go, 1) != 1) ::_exit(kNoSandbox);
    }
    if (launch.outlives) ::signal(SIGPIPE, SIG_IGN);
    if (launch.own_pid != nullptr) put_number(launch.own_pid, ::getpid());
    if (launch.dies_with_us) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const char* program = launch.argv[0];
    if (launch.sandbox != nullptr) {
        limit(RLIMIT_NOFILE, kOpenFiles);
        limit(RLIMIT_NPROC, launch.outlives ? kProcessesOfServices : kProcesses);
        if (const char* step = launch.sandbox->enter(launch.control, launch.outlives)) {
            say("the sandbox can't be entered: ");
            say(step);
            ::_exit(kNoSandbox);
        }
    }
    give_descriptors(launch.given);
    if (launch.environment.empty())
        ::execvp(program, launch.argv.data());
    else
        ::execve(program, launch.argv.data(), launch.environment.data());
    ::_exit(kExecFailed);
}

std::vector<char*> pointers(const std::vector<std::string>& words) {
    std::vector<char*> result;
    result.reserve(words.size() + 1);
    for (const auto& word : words) result.push_back(const_cast<char*>(word.c_str()));
    result.push_back(nullptr);
    return result;
}

/// Processes of a sandbox are apart: its program is the first of a world of its own.
pid_t start(const Launch& launch) {
    const auto child = launch.sandbox == nullptr
                           ? ::fork()
                           : static_cast<pid_t>(::syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0));
    if (child < 0) throw_errno(ErrorCode::Internal, "fork", errno);
    if (child == 0) run_child(launch);
    return child;
}

bool read_some(int fd, std::string& into) {
    char buffer[16384];
    const auto got = ::read(fd, buffer, sizeof buffer);
    if (got <= 0) return got < 0 && errno == EINTR;
    into.append(buffer, static_cast<std::size_t>(got));
    return true;
}

/// Waits for the end. The first process of a world isn't ended by SIGXCPU, which only comes before SIGKILL, so that a
/// hit bound has to be told by the time that was used.
int wait_for(pid_t child, const ProcessLimits& limits, bool killed) {
    int status = 0;
    rusage used{};
    while (::wait4(child, &status, 0, &used) < 0 && errno == EINTR) {
    }
    if (WIFEXITED(status)) return WEXITSTATUS(status);
    const auto seconds = static_cast<std::uint64_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + 1;
    const bool out_of_time = WTERMSIG(status) == SIGKILL && !killed && limits.cpu_seconds > 0;
    return 128 + (out_of_time && seconds >= limits.cpu_seconds ? SIGXCPU : WTERMSIG(status));
}

ProcessResult run(Launch launch, OpenServer* files, const std::function<bool()>& cancelled) {
    Pipe out;
    Pipe err;
    launch.out = out.write_end;
    launch.err = err.write_end;
    const auto& limits = launch.limits;
    const pid_t child = start(launch);
    out.close_write();
    err.close_write();
    if (files != nullptr) files->close_child_end();

    ProcessResult result;
    const auto started = monotonic_us();
    bool out_open = true;
    bool err_open = true;
    bool was_cancelled = false;
    bool killed = false;
    const auto kill = [&] {
        killed = true;
        ::kill(-child, SIGKILL);
        ::kill(child, SIGKILL);  // before it has a group of its own
    };
    while (out_open || err_open) {
        pollfd fds[3] = {{out_open ? out.read_end : -1, POLLIN, 0},
                         {err_open ? err.read_end : -1, POLLIN, 0},
                         {files != nullptr ? files->fd() : -1, POLLIN, 0}};
        const bool must_look = static_cast<bool>(cancelled) || limits.timeout.count() > 0;
        ::poll(fds, 3, must_look ? 100 : -1);
        if (fds[0].revents != 0) out_open = read_some(out.read_end, result.out);
        if (fds[1].revents != 0) err_open = read_some(err.read_end, result.err);
        if (fds[2].revents != 0) files->serve();
        if (result.err.size() > kMaxErr) result.err.erase(0, result.err.size() - kMaxErr);
        const bool late = limits.timeout.count() > 0 && monotonic_us() - started > limits.timeout.count() * 1000;
        if (late && !result.timed_out) {
            result.timed_out = true;
            kill();
        }
        if (!was_cancelled && cancelled && cancelled()) {
            was_cancelled = true;
            kill();
        }
        if (result.out.size() > kMaxOut) kill();
    }
    const std::string name = launch.argv[0];
    result.exit_code = wait_for(child, limits, killed);
    if (was_cancelled) throw Error(ErrorCode::Cancelled, name + " was cancelled");
    if (result.exit_code == kExecFailed && result.out.empty() && result.err.empty())
        throw Error(ErrorCode::Internal, "program '" + name + "' could not be started");
    if (launch.sandbox != nullptr && result.exit_code == kNoSandbox)
        throw Error(ErrorCode::Internal, "program '" + name + "' could not be started", result.err);
    return result;
}

/// A program of /usr/bin with nothing of this process's environment.
struct Words {
    std::vector<std::string> argv;
    std::vector<std::string> environment{"PATH=/usr/bin", "LC_ALL=C", "HOME=/"};

    explicit Words(std::vector<std::string> words) : argv(std::move(words)) {
        if (argv.at(0).find('/') == std::string::npos) argv[0] = "/usr/bin/" + argv[0];
    }
};

}  // namespace

ProcessResult run_process(const std::vector<std::string>& argv, const ProcessLimits& limits,
                          const std::function<bool()>& cancelled) {
    Launch launch;
    launch.argv = pointers(argv);
    launch.limits = limits;
    return run(std::move(launch), nullptr, cancelled);
}

ProcessResult run_sandboxed(const std::vector<std::string>& argv, std::vector<SandboxFile> files,
                            const ProcessLimits& limits, const std::function<bool()>& cancelled) {
    const Words words(argv);
    Launch launch;
    launch.argv = pointers(words.argv);
    launch.environment = pointers(words.environment);
    launch.limits = limits;
    launch.sandbox = Sandbox::instance();
    launch.dies_with_us = true;
    if (launch.sandbox == nullptr) return run(std::move(launch), nullptr, cancelled);
    OpenServer server(std::move(files));
    launch.control = server.child_end();
    return run(std::move(launch), &server, cancelled);
}

// A thread of its own starts the program, serves it and waits for it, since the program dies with that thread.
struct SandboxedService::Impl {
    std::optional<OpenServer> files;
    Pipe err;
    int stop = ::eventfd(0, EFD_CLOEXEC);
    std::string said;
    std::promise<void> ended;
    std::future<void> end = ended.get_future();
    std::promise<void> started;
    std::thread thread;

    void work(Launch launch) {
        pid_t child = -1;
        try {
            child = start(launch);
            started.set_value();
        } catch (...) {  // told to the constructor
            started.set_exception(std::current_exception());
            return;
        }
        err.close_write();
        if (files) files->close_child_end();
        bool err_open = true;
        while (err_open) {
            pollfd fds[3] = {{err.read_end, POLLIN, 0}, {files ? files->fd() : -1, POLLIN, 0}, {stop, POLLIN, 0}};
            ::poll(fds, 3, -1);
            if (fds[0].revents != 0) err_open = read_some(err.read_end, said);
            if (fds[1].revents != 0) files->serve();
            if (said.size() > kMaxErr) said.erase(0, said.size() - kMaxErr);
            if (fds[2].revents != 0) break;
        }
        if (err_open) ::kill(child, SIGKILL);
        wait_for(child, launch.limits, err_open);
        ended.set_value();
    }
};

SandboxedService::SandboxedService(const std::vector<std::string>& argv, std::vector<SandboxFile> files,
                                   const ProcessLimits& limits, int listening)
    : impl_(std::make_unique<Impl>()) {
    Words words(argv);
    Launch launch;
    launch.sandbox = Sandbox::instance();
    const std::string pid = "LISTEN_PID=";
    words.environment.emplace_back("LISTEN_FDS=1");
    words.environment.push_back(pid + "0000000000");
    launch.own_pid = words.environment.back().data() + pid.size();
    launch.dies_with_us = true;
    launch.argv = pointers(words.argv);
    launch.limits = limits;
    launch.given = {listening};
    launch.out = launch.err = impl_->err.write_end;
    if (launch.sandbox != nullptr) launch.control = impl_->files.emplace(std::move(files)).child_end();
    launch.environment = pointers(words.environment);
    auto started = impl_->started.get_future();
    impl_->thread = std::thread([this, launch = std::move(launch)] { impl_->work(launch); });
    try {
        started.get();
    } catch (const Error&) {
        impl_->thread.join();
        throw;
    }
}

SandboxedService::~SandboxedService() {
    if (!impl_->thread.joinable()) return;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto ignored = ::write(impl_->stop, &one, sizeof one);
    impl_->thread.join();
    ::close(impl_->stop);
}

std::string SandboxedService::wait(std::chrono::milliseconds at_most) {
    if (impl_->end.wait_for(at_most) != std::future_status::ready) return {};
    return impl_->said;
}

namespace {

/// A program that is being started, until it can be left alone.
class Birth {
public:
    explicit Birth(const DetachedProgram& program) : words_(program.argv) {
        Launch launch;
        launch.argv = pointers(words_.argv);
        launch.environment = pointers(words_.environment);
        launch.sandbox = Sandbox::instance();
        launch.outlives = true;
        launch.given = program.descriptors;
        launch.go = &go_;
        launch.out = launch.err = err_.write_end;
        if (launch.sandbox != nullptr) launch.control = files_.emplace(program.files).child_end();
        child_ = start(launch);
        err_.close_write();
        if (files_) files_->close_child_end();
    }
    ~Birth() {
        if (child_ < 0) return;
        ::kill(child_, SIGKILL);
        while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
    Birth(const Birth&) = delete;
    Birth& operator=(const Birth&) = delete;

    pid_t child() const { return child_; }
    void let_go() {
        if (::write(go_.write_end, "", 1) != 1) throw_errno(ErrorCode::Internal, "begin a program", errno);
    }
    void await(const std::function<bool()>& is_ready, std::chrono::milliseconds at_most) {
        const auto until = monotonic_us() + std::chrono::microseconds(at_most).count();
        while (!is_ready()) {
            if (!look()) throw failure("ended");
            if (monotonic_us() > until) throw failure("isn't ready after " + std::to_string(at_most.count()) + " ms");
        }
    }
    pid_t release() { return std::exchange(child_, -1); }

private:
    /// False: it has ended.
    bool look() {
        constexpr int kInterval_ms = 5;
        pollfd fds[2] = {{err_.read_end, POLLIN, 0}, {files_ ? files_->fd() : -1, POLLIN, 0}};
        ::poll(fds, 2, kInterval_ms);
        if (fds[1].revents != 0) files_->serve();
        if (fds[0].revents != 0 && !read_some(err_.read_end, said_)) return false;
        if (said_.size() > kMaxErr) said_.erase(0, said_.size() - kMaxErr);
        return true;
    }
    Error failure(const std::string& what) const {
        return {ErrorCode::Unavailable, "program '" + words_.argv[0] + "' " + what, said_};
    }

    Words words_;
    std::optional<OpenServer> files_;
    Pipe go_;
    Pipe err_;
    std::string said_;
    pid_t child_ = -1;
};

}  // namespace

pid_t start_detached(const DetachedProgram& program, const std::function<void(pid_t)>& started,
                     const std::function<bool()>& is_ready, std::chrono::milliseconds at_most) {
    Birth birth(program);
    started(birth.child());
    birth.let_go();
    birth.await(is_ready, at_most);
    return birth.release();
}

void reap(pid_t child) {
    ::waitpid(child, nullptr, WNOHANG);
}

}  // namespace virga
