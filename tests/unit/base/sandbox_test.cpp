#include "base/sandbox.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/certificates.hpp"
#include "base/confined_worker.hpp"
#include "base/error.hpp"
#include "base/process.hpp"
#include "base/scope_exit.hpp"

namespace virga {
namespace {

// What a program that was taken over could do: perl, which every Debian has, says what it can reach.
class SandboxTest : public ::testing::Test {
protected:
    void SetUp() override {
        if (::geteuid() != 0) GTEST_SKIP() << "only root can make the sandbox";
        char name[] = "/tmp/virga-sandbox-XXXXXX";
        ASSERT_NE(::mkdtemp(name), nullptr);
        folder_ = name;
        write("canary", "canary");
        write("input", "the input");
    }
    void TearDown() override {
        if (!folder_.empty()) std::filesystem::remove_all(folder_);
    }

    std::string at(const std::string& name) const { return folder_ + "/" + name; }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream(at(name)) << text;
        ::chmod(at(name).c_str(), 0600);
    }
    std::string read(const std::string& name) const {
        std::ifstream file(at(name));
        return {std::istreambuf_iterator<char>(file), {}};
    }
    static ProcessResult perl(const std::string& program, std::vector<SandboxFile> files = {},
                              const ProcessLimits& limits = {}) {
        files.push_back({"/dev/null"});  // perl reads it for every -e
        return run_sandboxed({"perl", "-e", program}, std::move(files), limits);
    }

    std::string folder_;
};

TEST_F(SandboxTest, the_user_is_nobody_who_owns_anything) {
    const auto result = perl("print \"$< $> $( $)\"");
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ((" " + result.out + " ").find(" 0 "), std::string::npos) << result.out;
}

TEST_F(SandboxTest, only_what_it_was_given_can_be_opened) {
    const auto program = [](const std::string& path, const char* mode) {
        return "open(F, '" + std::string(mode) + "', '" + path + "') or die \"no: $!\"; print <F>;";
    };
    EXPECT_EQ(perl(program(at("input"), "<"), {{at("input")}}).out, "the input");
    for (const auto& path :
         {at("canary"), at("input") + "/../canary", std::string("/etc/passwd"), std::string("/etc/shadow"),
          std::string("/proc/self/status"), std::string("/proc/1/environ"), std::string("/dev/zero")}) {
        const auto result = perl(program(path, "<"), {{at("input")}});
        EXPECT_NE(result.exit_code, 0) << path;
        EXPECT_EQ(result.out, "") << path;
    }
    EXPECT_NE(perl(program(at("input"), "+<"), {{at("input")}}).exit_code, 0) << "given to be read only";
    EXPECT_NE(perl(program("/usr/new", ">")).exit_code, 0);
    EXPECT_NE(perl(program("/new", ">")).exit_code, 0);
    EXPECT_NE(perl(program("/tmp/new", ">")).exit_code, 0);
    EXPECT_NE(perl(program(at("new"), ">"), {{at("new"), true}}).exit_code, 0) << "nothing is made";
}

TEST_F(SandboxTest, a_given_file_is_no_link) {
    ASSERT_EQ(::symlink(at("canary").c_str(), at("link").c_str()), 0);
    const auto result = perl("open(F, '<', '" + at("link") + "') or die $!; print <F>;", {{at("link"), true}});
    EXPECT_NE(result.exit_code, 0);
    EXPECT_EQ(result.out, "");
}

TEST_F(SandboxTest, output_and_open_files) {
    write("output", "before");
    const auto file = at("output");
    const auto result = perl("open(F, '>', '" + file + "') or die $!; print F 'after'; close F", {{file, true}});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(read("output"), "after");
    const int key = ::memfd_create("key", MFD_CLOEXEC);
    const ScopeExit close([key] { ::close(key); });
    ASSERT_EQ(::write(key, "secret", 6), 6);
    EXPECT_EQ(perl("open(F, '<', '/the/key') or die $!; print <F>;", {{"/the/key", false, key}}).out, "secret");
}

TEST_F(SandboxTest, a_server_finds_the_known_group) {
    const auto result = perl("open(F, '<', '/certificates/dh-params.pem') or die $!; print <F>;");
    EXPECT_EQ(result.out, known_group()) << result.err;
}

TEST_F(SandboxTest, the_host_is_not_there) {
    EXPECT_EQ(perl("opendir(D, '/') or die $!; print join ' ', sort grep !/^\\./, readdir D").out.find("root"),
              std::string::npos);
    EXPECT_EQ(perl("opendir(D, '/usr') or die $!").exit_code, 0);
    for (const char* program : {
             "opendir(D, '/proc') or die $!", "opendir(D, '/tmp') or die $!", "opendir(D, '/home') or die $!",
             "kill(0, getppid()) or die $!", "use Socket; socket(S, PF_INET, SOCK_STREAM, 0) or die $!",
             "use Socket; socket(S, PF_UNIX, SOCK_STREAM, 0) or die $!", "defined(fork()) or die $!",
             "chroot('/usr') or die $!", "mkdir('/usr/x') or die $!", "link('/usr/bin/perl', '/x') or die $!",
             "unlink('/usr/bin/perl') or die $!",
             "syscall(165, 'none', '/usr', 'tmpfs', 0, 0) == 0 or die $!",  // mount
             "syscall(272, 0x10000000) == 0 or die $!",                     // unshare: a user namespace
             "syscall(101, 16, 1, 0, 0) == 0 or die $!",                    // ptrace
             "syscall(425, 8, 0) >= 0 or die $!",                           // io_uring_setup
             "syscall(105, 0) == 0 or die $!",                              // setuid
         })
        EXPECT_NE(perl(program).exit_code, 0) << program;
}

TEST_F(SandboxTest, no_descriptor_of_this_process_is_inherited) {
    const int leaked = ::open(at("canary").c_str(), O_RDONLY);  // NOLINT: not close-on-exec, on purpose
    const ScopeExit close([leaked] { ::close(leaked); });
    const auto result = perl("for (3..200) { open(F, '<&=', $_) and print \"$_ \" }");
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.out, "");
}

TEST_F(SandboxTest, bounds) {
    write("output", "");
    ProcessLimits limits;
    limits.file_bytes = 1000;
    const auto file = at("output");
    perl("open(F, '>', '" + file + "') or die $!; print F 'x' x 100000; close F or die $!", {{file, true}}, limits);
    EXPECT_LE(read("output").size(), 1000U);
    limits = {};
    limits.cpu_seconds = 1;
    EXPECT_EQ(perl("1 while 1", {}, limits).exit_code, 128 + SIGXCPU);
    limits = {};
    limits.address_space_bytes = 200 << 20;
    EXPECT_NE(perl("my $x = 'x' x (1 << 30); print 'too much'", {}, limits).out, "too much");
    limits = {};
    limits.timeout = std::chrono::milliseconds(100);
    EXPECT_TRUE(perl("sleep 1000", {}, limits).timed_out);
    std::atomic<bool> cancel{false};
    EXPECT_THROW(
        run_sandboxed({"perl", "-e", "sleep 1000"}, {{"/dev/null"}}, {}, [&] { return cancel.exchange(true); }), Error);
}

TEST_F(SandboxTest, many_at_once) {
    std::vector<std::thread> threads;
    std::atomic<int> good{0};
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            for (int round = 0; round < 5; ++round)
                good += perl("open(F, '<', '" + at("input") + "') or die $!; print <F>;", {{at("input")}}).out ==
                        "the input";
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(good, 40);
}

TEST_F(SandboxTest, where_it_cannot_be_made_nothing_runs) {
    const ScopeExit back([] { Sandbox::configure({}); });
    Sandbox::configure({"no-such-user-of-virga", true});
    EXPECT_THROW(perl("print 'ran'"), Error);
    Sandbox::configure({"root", true});
    EXPECT_THROW(perl("print 'ran'"), Error);
    Sandbox::configure({"no-such-user-of-virga", false});
    EXPECT_EQ(perl("print 'ran'").out, "ran");
}

// What a decoder that was taken over could do, told by the first letter of its input.
std::int64_t hostile_work(void* context, std::string_view in, char* out, std::size_t room) {
    const auto tell = [&](long number) {
        std::memcpy(out, &number, sizeof number);
        return static_cast<std::int64_t>(sizeof number);
    };
    switch (in.front()) {
        case 'u':
            return tell(::syscall(SYS_getuid));
        case 'p':
            return tell(::syscall(SYS_getpid));
        case 'o':
            return tell(::syscall(SYS_openat, AT_FDCWD, static_cast<const char*>(context), O_RDONLY));
        case 's':
            return tell(::syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));
        case 'f':
            return tell(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
        case 'd': {
            long found = 0;
            for (int fd = 1; fd < 200; ++fd) found += ::syscall(SYS_fcntl, fd, F_GETFD) >= 0 ? 1 : 0;
            return tell(found);
        }
        case 'l':
            return static_cast<std::int64_t>(room) + 1;
        case 'e':
            ::syscall(SYS_exit_group, 0);
            return -1;
        default:
            std::memcpy(out, in.data(), in.size());
            return static_cast<std::int64_t>(in.size());
    }
}

TEST_F(SandboxTest, a_worker_is_nobody_and_reaches_nothing) {
    auto canary = at("canary");
    const int leaked = ::open(canary.c_str(), O_RDONLY);  // NOLINT: not close-on-exec, on purpose
    const ScopeExit close([leaked] { ::close(leaked); });
    ConfinedWorker worker(hostile_work, canary.data(), 1 << 20);
    const auto told = [&](const char* what) {
        std::string out(sizeof(long), '\0');
        EXPECT_TRUE(worker.call(what, out)) << what;
        long number = 0;
        std::memcpy(&number, out.data(), sizeof number);
        return number;
    };
    EXPECT_EQ(told("u"), static_cast<long>(::getpwnam("virga-helper")->pw_uid));
    EXPECT_EQ(told("p"), 1) << "alone in its world";
    EXPECT_EQ(told("o"), -1);
    EXPECT_EQ(told("s"), -1);
    EXPECT_EQ(told("f"), -1);
    EXPECT_EQ(told("d"), 0);
}

TEST_F(SandboxTest, a_worker_gives_what_was_asked_or_fails) {
    ConfinedWorker worker(hostile_work, nullptr, 1 << 20);
    const std::string large(1 << 20, 'x');
    std::string out(large.size(), '\0');
    for (int round = 0; round < 3; ++round) EXPECT_TRUE(worker.call(large, out));
    EXPECT_EQ(out, large);
    out.resize(10);
    EXPECT_FALSE(worker.call("l", out)) << "says that it wrote more than there was room";
    EXPECT_FALSE(worker.call("x", out)) << "too little";
    EXPECT_FALSE(worker.call(large + "x", out));
    EXPECT_THROW(worker.call("e", out), Error) << "ends its process, and that of the second attempt";
    EXPECT_TRUE(worker.call("0123456789", out)) << "by a new process";
    const ScopeExit back([] { Sandbox::configure({}); });
    Sandbox::configure({"no-such-user-of-virga", true});
    EXPECT_THROW(ConfinedWorker(hostile_work, nullptr, 10), Error);
    Sandbox::configure({"", false});
    ConfinedWorker open(hostile_work, nullptr, 10);
    EXPECT_TRUE(open.call("0123456789", out));
    EXPECT_EQ(out, "0123456789");
}

// Killed by whoever is short of memory: that says nothing about what it works on.
TEST_F(SandboxTest, a_worker_that_was_killed_is_replaced) {
    ConfinedWorker worker(hostile_work, nullptr, 10);
    std::string out(10, '\0');
    ASSERT_TRUE(worker.call("0123456789", out));
    std::ifstream children("/proc/thread-self/children");
    pid_t process = 0;
    for (pid_t one = 0; children >> one;) process = one;
    ASSERT_GT(process, 0);
    ASSERT_EQ(::kill(process, SIGKILL), 0);
    siginfo_t ended{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(process), &ended, WEXITED | WNOWAIT), 0);
    EXPECT_TRUE(worker.call("9876543210", out));
    EXPECT_EQ(out, "9876543210");
}

}  // namespace
}  // namespace virga
