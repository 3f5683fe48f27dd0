#include <signal.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "base/ids.hpp"
#include "base/process.hpp"
#include "base/scope_exit.hpp"
#include "base/small_file.hpp"
#include "conformance/virt/host.hpp"
#include "conformance/virt/restart_child.hpp"

namespace virga::test {
namespace {

/// Each step is a process of its own, ended without ceremony.
class Restart : public testing::TestWithParam<std::string> {
protected:
    Restart() {
        char name[] = "/tmp/virga-virt-XXXXXX";
        folder_ = ::mkdtemp(name);
        ::chmod(name, 0711);
        ::chmod(name, 0711);  // guests run as users of their own
        write_small_file(folder_ + "/disk", std::string(1024 * 1024, '\0'));
    }
    ~Restart() override {
        run("destroy");
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    std::string run(const std::string& what, std::chrono::milliseconds killed_after = {}) {
        const auto result = run_process(
            {"/proc/self/exe", std::string(kRestartChild), GetParam(), folder_, what, id_, folder_ + "/disk"},
            {.timeout = killed_after});
        if (result.timed_out) return {};
        EXPECT_EQ(result.exit_code, 0) << result.err;
        return result.out;
    }

    std::string folder_;
    std::string id_ = new_uuid();
};

TEST_P(Restart, TheNextProcessFindsAndEndsTheGuests) {
    const auto running = id_ + " 1\n";
    EXPECT_NE(run("spawn").find(running), std::string::npos);
    for (int i = 0; i < 3; ++i) EXPECT_NE(run("list").find(running), std::string::npos);
    EXPECT_EQ(run("spawn").find("error"), std::string::npos);
    EXPECT_EQ(run("destroy").find(id_), std::string::npos);
    EXPECT_EQ(run("list").find(id_), std::string::npos);
}

TEST_P(Restart, ASpawnThatWasKilledIsMadeGood) {
    run("list");  // learns the emulator
    for (int after_ms = 50; after_ms <= 500; after_ms += 90) {
        run("spawn", std::chrono::milliseconds(after_ms));
        EXPECT_NE(run("spawn").find(id_ + " 1\n"), std::string::npos) << "killed after " << after_ms << " ms";
        EXPECT_EQ(run("destroy").find(id_), std::string::npos) << "killed after " << after_ms << " ms";
    }
}

TEST_P(Restart, AGuestThatDiedMeanwhileIsStopped) {
    if (!compute::virt::drivers().at(GetParam()).capabilities.real_guests) GTEST_SKIP() << "the fake has no emulators";
    run("spawn");
    const auto pid = read_small_file(folder_ + "/libvirt/run/qemu/virga-" + id_ + ".pid");
    ASSERT_TRUE(pid.has_value());
    ASSERT_EQ(::kill(std::stoi(*pid), SIGKILL), 0);
    EXPECT_NE(run("list").find(id_ + " 4\n"), std::string::npos);
    EXPECT_NE(run("spawn").find(id_ + " 1\n"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Drivers, Restart, testing::ValuesIn(driver_names()),
                         [](const auto& driver) { return driver.param; });

}  // namespace
}  // namespace virga::test
