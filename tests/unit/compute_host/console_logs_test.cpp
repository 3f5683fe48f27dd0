#include "compute/host/console_logs.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ids.hpp"
#include "base/scope_exit.hpp"
#include "compute/host/file_tail.hpp"
#include "unit/compute_host/temp_folder.hpp"

namespace virga::test {
namespace {

using namespace compute::host;

constexpr std::int64_t kKept = 1024 * 1024;

std::int64_t held(const std::string& path) {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 ? found.st_blocks * 512 : -1;
}

/// An emulator that writes on and on; `append`: as one of libvirt's newer ways to open a log.
class ConsoleLogs : public testing::TestWithParam<bool> {
protected:
    ConsoleLogs() : fd_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (GetParam() ? O_APPEND : 0), 0600)) {}
    ~ConsoleLogs() override { ::close(fd_); }
    void write_mib(int count) {
        for (int i = 0; i < count; ++i) {
            std::string block;
            while (block.size() < 1024 * 1024) block += "line " + std::to_string(++lines_) + "\n";
            ASSERT_EQ(::write(fd_, block.data(), block.size()), static_cast<ssize_t>(block.size()));
        }
    }
    std::string last_line() const { return "line " + std::to_string(lines_) + "\n"; }

    TempFolder temp_;
    const std::string path_ = temp_ / "console.log";
    const int fd_;
    int lines_ = 0;
};

TEST_P(ConsoleLogs, AreBoundedWhileTheirEndStaysWhole) {
    for (int round = 0; round < 20; ++round) {
        write_mib(3);
        EXPECT_GT(bound_log(path_, kKept), 0);
        EXPECT_LE(held(path_), kKept + 64 * 1024);
        const auto tail = file_tail(path_, kKept);
        EXPECT_EQ(tail.size(), static_cast<std::size_t>(kKept));
        EXPECT_EQ(tail.find('\0'), std::string::npos);
        EXPECT_TRUE(tail.ends_with(last_line()));
    }
}

TEST_P(ConsoleLogs, AreLeftAloneBelowTwiceTheBound) {
    write_mib(1);
    EXPECT_EQ(bound_log(path_, kKept), 0);
    EXPECT_TRUE(file_tail(path_, 2 * kKept).starts_with("line 1\n"));
}

INSTANTIATE_TEST_SUITE_P(Writers, ConsoleLogs, testing::Bool());

TEST(ConsoleLogFiles, ThatAreLinksOrMissingAreLeftAlone) {
    const TempFolder temp;
    const auto target = temp / "target";
    const int fd = ::open(target.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const ScopeExit close([&] { ::close(fd); });
    ASSERT_EQ(::posix_fallocate(fd, 0, 4 * kKept), 0);
    ASSERT_EQ(::symlink(target.c_str(), (temp / "link").c_str()), 0);
    EXPECT_EQ(bound_log(temp / "link", kKept), 0);
    EXPECT_EQ(bound_log(temp / "missing", kKept), 0);
    EXPECT_GE(held(target), 4 * kKept);
}

TEST(ConsoleLogFiles, OfAllServersAreBounded) {
    const TempFolder temp;
    const auto folder = temp / new_uuid();
    ASSERT_EQ(::mkdir(folder.c_str(), 0700), 0);
    const auto path = folder + "/console.log";
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const ScopeExit close([&] { ::close(fd); });
    const std::string block(3 * kKept, 'x');
    ASSERT_EQ(::write(fd, block.data(), block.size()), static_cast<ssize_t>(block.size()));
    bound_console_logs(temp.path(), kKept);
    EXPECT_LE(held(path), kKept + 64 * 1024);
}

}  // namespace
}  // namespace virga::test
