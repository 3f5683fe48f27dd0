#include "volume/host/exports/running_process.hpp"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>

#include "base/small_file.hpp"

namespace virga::volume::host {
namespace {

using namespace std::chrono_literals;

/// A child whose first thread ends at once; another one goes on until the pipe is closed.
pid_t start_headless(int waits_for, int closed_by_parent) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    ::close(closed_by_parent);
    std::thread([waits_for] {
        char byte = 0;
        [[maybe_unused]] const auto end = ::read(waits_for, &byte, 1);
        ::syscall(SYS_exit, 0);
    }).detach();
    ::syscall(SYS_exit, 0);
    ::_exit(1);
}

bool first_thread_has_ended(pid_t pid) {
    for (int i = 0; i < 1'000; ++i) {
        const auto text = read_small_file("/proc/" + std::to_string(pid) + "/stat").value_or("");
        if (text.find(") Z ") != std::string::npos) return true;
        std::this_thread::sleep_for(10ms);
    }
    return false;
}

// A killed program whose threads are in the middle of writing has its files and its port until they are done.
TEST(RunningProcess, IsAliveUntilItsLastThreadHasEnded) {
    int gate[2];
    ASSERT_EQ(::pipe(gate), 0);
    const pid_t child = start_headless(gate[0], gate[1]);
    ASSERT_GT(child, 0);
    const auto process = RunningProcess::of(child);
    EXPECT_TRUE(first_thread_has_ended(child));
    EXPECT_TRUE(process.is_alive());
    EXPECT_FALSE(process.await_end(0ms));
    ::close(gate[1]);
    EXPECT_TRUE(process.await_end(60s));
    EXPECT_FALSE(process.is_alive());
    ::close(gate[0]);
}

}  // namespace
}  // namespace virga::volume::host
