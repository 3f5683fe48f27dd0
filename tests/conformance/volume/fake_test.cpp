#include <thread>

#include "conformance/volume/suite.hpp"
#include "disk/disk.hpp"
#include "volume/host/drivers/fake/fake_driver.hpp"

namespace virga::volume::host::test {
namespace {

TEST(FakeDriver, fails_the_nth_call_and_counts_over_a_restart) {
    const Folder folder("/tmp");
    const auto id = new_uuid();
    {
        fake::FakeDriver driver(folder.path());
        driver.script().set({{.method = "create", .nth = 2, .action = "fail", .code = "NoSpace"}});
        driver.create(new_uuid(), 1);
    }
    fake::FakeDriver driver(folder.path());
    EXPECT_EQ(code_of([&] { driver.create(id, 1); }), ErrorCode::NoSpace);
    EXPECT_EQ(driver.inventory().volumes.size(), 1U);
    driver.create(id, 1);
    EXPECT_EQ(driver.inventory().volumes.size(), 2U);
}

TEST(FakeDriver, does_it_but_loses_the_reply) {
    const Folder folder("/tmp");
    fake::FakeDriver driver(folder.path());
    const auto id = new_uuid();
    driver.script().set({{.method = "create", .action = "lose_reply", .code = "Unavailable"}});
    EXPECT_EQ(code_of([&] { driver.create(id, 1); }), ErrorCode::Unavailable);
    EXPECT_EQ(driver.inventory().volumes, std::vector<std::string>{id});
    EXPECT_EQ(driver.create(id, 1).size_gib, 1);
}

TEST(FakeDriver, hangs_until_released_or_cancelled) {
    const Folder folder("/tmp");
    fake::FakeDriver driver(folder.path());
    driver.script().set({{.method = "clone", .nth = 1, .action = "hang"}, {.method = "create", .action = "hang"}});
    const auto id = new_uuid();
    std::thread creating([&] { driver.create(id, 1); });
    EXPECT_EQ(code_of([&] { driver.clone(new_uuid(), 1, id, {[] { return true; }, {}}); }), ErrorCode::Cancelled);
    EXPECT_TRUE(driver.inventory().volumes.empty());
    driver.script().release();
    creating.join();
    EXPECT_EQ(driver.inventory().volumes, std::vector<std::string>{id});
}

}  // namespace
}  // namespace virga::volume::host::test
