#include "base/sandbox_filter.hpp"

#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "base/error.hpp"
#include "base/scope_exit.hpp"

// The macros of the library are of C.
#ifdef __clang__
#pragma GCC diagnostic ignored "-Wc99-extensions"
#endif

namespace virga {
namespace {

// No way to make a socket, a process, a namespace or a mount, and none to look at or to signal another process by name.
constexpr const char* kAllowed[] = {
    // files that are open
    "read", "readv", "write", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2", "pwritev2", "lseek",
    "_llseek", "close", "close_range", "fstat", "fstat64", "fcntl", "fcntl64", "flock", "ioctl", "dup", "dup2", "dup3",
    "fsync", "fdatasync", "sync_file_range", "fallocate", "ftruncate", "ftruncate64", "fadvise64", "copy_file_range",
    "fstatfs", "fstatfs64", "getdents64", "pipe", "pipe2",
    // names in the room, where there is nothing but /usr
    "stat", "lstat", "newfstatat", "fstatat64", "statx", "statfs", "access", "faccessat", "faccessat2", "readlink",
    "readlinkat", "getcwd", "chdir", "umask", "execve",
    // sockets that are open
    "listen", "accept", "accept4", "recvmsg", "sendmsg", "recvfrom", "sendto", "getsockname", "getpeername",
    "getsockopt", "setsockopt", "shutdown",
    // memory
    "mmap", "mmap2", "munmap", "mprotect", "mremap", "madvise", "brk", "membarrier", "mlock", "munlock",
    // threads
    "futex", "set_robust_list", "get_robust_list", "rseq", "set_tid_address", "arch_prctl", "set_thread_area", "exit",
    "exit_group", "sched_yield", "sched_getaffinity", "sched_getparam", "sched_getscheduler", "sched_get_priority_max",
    "sched_get_priority_min",
    // signals to itself, events, time
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigtimedwait", "rt_sigpending", "sigaltstack", "tgkill",
    "restart_syscall", "poll", "ppoll", "select", "pselect6", "epoll_create", "epoll_create1", "epoll_ctl",
    "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd", "eventfd2", "signalfd", "signalfd4", "timerfd_create",
    "timerfd_settime", "timerfd_gettime", "timer_create", "timer_settime", "timer_gettime", "timer_delete",
    "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time",
    // itself
    "getpid", "gettid", "getppid", "getpgrp", "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid",
    "getgroups", "getrandom", "getrlimit", "prlimit64", "getrusage", "times", "sysinfo", "uname"};

struct Release {
    void operator()(void* filter) const { seccomp_release(filter); }
};

void check(int result, const std::string& what) {
    if (result < 0) throw_errno(ErrorCode::Unavailable, "filter of system calls: " + what, -result);
}

void fill(scmp_filter_ctx filter) {
    for (const auto* name : kAllowed) {
        const int number = seccomp_syscall_resolve_name(name);
        if (number == __NR_SCMP_ERROR || number < 0) continue;  // another architecture's
        check(seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0), name);
    }
    constexpr scmp_datum_t kThread = CLONE_VM | CLONE_THREAD;
    check(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, kThread, kThread)),
          "clone");
    for (const scmp_datum_t option : {PR_SET_NAME, PR_SET_TIMERSLACK})
        check(seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, option)), "prctl");
    check(seccomp_rule_add(filter, SCMP_ACT_NOTIFY, SCMP_SYS(openat), 0), "openat");
}

std::vector<sock_filter> exported(scmp_filter_ctx filter) {
    const int file = ::memfd_create("virga-filter", MFD_CLOEXEC);
    if (file < 0) throw_errno(ErrorCode::Unavailable, "file in memory", errno);
    const ScopeExit close([file] { ::close(file); });
    check(seccomp_export_bpf(filter, file), "export");
    struct stat info {};
    if (::fstat(file, &info) != 0) throw_errno(ErrorCode::Unavailable, "size of the filter", errno);
    std::vector<sock_filter> program(static_cast<std::size_t>(info.st_size) / sizeof(sock_filter));
    if (::pread(file, program.data(), static_cast<std::size_t>(info.st_size), 0) != info.st_size)
        throw_errno(ErrorCode::Unavailable, "read the filter", errno);
    return program;
}

}  // namespace

std::vector<sock_filter> sandbox_filter() {
    const std::unique_ptr<void, Release> filter(seccomp_init(SCMP_ACT_ERRNO(ENOSYS)));
    if (!filter) throw Error(ErrorCode::Unavailable, "no filter of system calls can be made");
    check(seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2), "optimize");
    fill(filter.get());
    return exported(filter.get());
}

}  // namespace virga
