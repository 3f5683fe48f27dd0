#include "compute/host/images/blank_bases.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/process.hpp"
#include "base/scope_exit.hpp"
#include "disk/file.hpp"
#include "unit/compute_host/temp_folder.hpp"

namespace virga::test {
namespace {

using namespace compute::host;

class BlankBasesTest : public testing::Test {
protected:
    static std::string said(const std::vector<std::string>& command) {
        const auto result = run_process(command);
        EXPECT_EQ(result.exit_code, 0) << result.err;
        return result.out;
    }

    TempFolder temp;
    BaseFolder folder{temp / "_base"};
    BlankBases bases{folder, false};
};

TEST_F(BlankBasesTest, an_ephemeral_disk_has_a_file_system) {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can make the sandbox";
    const auto base = bases.ephemeral(64);
    EXPECT_EQ(base.virtual_size_bytes, 64 << 20);
    EXPECT_EQ(said({"/usr/sbin/e2label", base.path}), "ephemeral0\n");
    said({"/usr/sbin/e2fsck", "-n", "-f", base.path});
}

TEST_F(BlankBasesTest, a_swap_disk_is_one_to_the_tools) {
    const auto base = bases.swap(8);
    const auto file = disk::File::open_for_reading(base.path);
    EXPECT_EQ(file.size(), 8 << 20);
    EXPECT_EQ(file.read_at(4086, 10), "SWAPSPACE2");
    EXPECT_NE(said({"/usr/sbin/swaplabel", base.path}).find("UUID: "), std::string::npos);
    EXPECT_LE(disk::allocated_bytes(base.path), 64 << 10);
}

// What the sandbox hides is shown by its own test: here, that nothing formats outside of it.
TEST_F(BlankBasesTest, nothing_is_formatted_where_there_is_no_sandbox) {
    const ScopeExit back([] { Sandbox::configure({}); });
    Sandbox::configure({"no-such-user-of-virga", true});
    EXPECT_THROW(bases.ephemeral(64), Error);
    EXPECT_TRUE(folder.find("ephemeral_64m") == std::nullopt);
}

}  // namespace
}  // namespace virga::test
