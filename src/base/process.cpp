#include "base/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace virga {
namespace {

constexpr std::size_t kMaxOut = 16 * 1024 * 1024;
constexpr std::size_t kMaxErr = 64 * 1024;
constexpr int kExecFailed = 127;

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

// Between fork and exec: async-signal-safe calls only.
[[noreturn]] void run_child(char* const* argv, const ProcessLimits& limits, int out, int err) {
    const int null = ::open("/dev/null", O_RDONLY);
    ::dup2(null, 0);
    ::dup2(out, 1);
    ::dup2(err, 2);
    ::setpgid(0, 0);
    limit(RLIMIT_AS, limits.address_space_bytes);
    limit(RLIMIT_CPU, limits.cpu_seconds);
    limit(RLIMIT_FSIZE, limits.file_bytes);
    limit(RLIMIT_CORE, 0);
    if (limits.no_network) ::unshare(CLONE_NEWNET);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execvp(argv[0], argv);
    ::_exit(kExecFailed);
}

bool read_some(int fd, std::string& into) {
    char buffer[16384];
    const auto got = ::read(fd, buffer, sizeof buffer);
    if (got <= 0) return got < 0 && errno == EINTR;
    into.append(buffer, static_cast<std::size_t>(got));
    return true;
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& argv, const ProcessLimits& limits,
                          const std::function<bool()>& cancelled) {
    std::vector<char*> args;
    args.reserve(argv.size() + 1);
    for (const auto& arg : argv) args.push_back(const_cast<char*>(arg.c_str()));
    args.push_back(nullptr);

    Pipe out;
    Pipe err;
    const pid_t child = ::fork();
    if (child < 0) throw_errno(ErrorCode::Internal, "fork", errno);
    if (child == 0) run_child(args.data(), limits, out.write_end, err.write_end);
    out.close_write();
    err.close_write();

    ProcessResult result;
    const auto started = monotonic_us();
    bool out_open = true;
    bool err_open = true;
    bool was_cancelled = false;
    while (out_open || err_open) {
        pollfd fds[2] = {{out_open ? out.read_end : -1, POLLIN, 0}, {err_open ? err.read_end : -1, POLLIN, 0}};
        const bool must_look = static_cast<bool>(cancelled) || limits.timeout.count() > 0;
        ::poll(fds, 2, must_look ? 100 : -1);
        if (fds[0].revents != 0) out_open = read_some(out.read_end, result.out);
        if (fds[1].revents != 0) err_open = read_some(err.read_end, result.err);
        if (result.err.size() > kMaxErr) result.err.erase(0, result.err.size() - kMaxErr);
        const bool late = limits.timeout.count() > 0 && monotonic_us() - started > limits.timeout.count() * 1000;
        if (late && !result.timed_out) {
            result.timed_out = true;
            ::kill(-child, SIGKILL);
        }
        if (!was_cancelled && cancelled && cancelled()) {
            was_cancelled = true;
            ::kill(-child, SIGKILL);
        }
        if (result.out.size() > kMaxOut) ::kill(-child, SIGKILL);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (was_cancelled) throw Error(ErrorCode::Cancelled, argv[0] + " was cancelled");
    if (result.exit_code == kExecFailed && result.out.empty() && result.err.empty())
        throw Error(ErrorCode::Internal, "program '" + argv[0] + "' could not be started");
    return result;
}

}  // namespace virga
