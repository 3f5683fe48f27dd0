#include <filesystem>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "compute/model/server.hpp"
#include "conformance/virt/host.hpp"

namespace virga::test {
namespace {

constexpr int kRunning = static_cast<int>(compute::PowerState::Running);
constexpr int kShutdown = static_cast<int>(compute::PowerState::Shutdown);

ErrorCode code_of(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& failure) {
        EXPECT_FALSE(failure.message().empty());
        return failure.code();
    }
    ADD_FAILURE() << "no error";
    return ErrorCode::Internal;
}

class Spawn : public VirtTest {};

TEST_P(Spawn, StartsAGuestAndTellsOfIt) {
    const auto guest = new_guest();
    EXPECT_FALSE(driver().state(guest.server_id).exists);
    const auto times = spawn(guest);
    EXPECT_FALSE(times.already_running);
    EXPECT_TRUE(driver().state(guest.server_id).exists);
    EXPECT_EQ(driver().state(guest.server_id).power_state, kRunning);
    EXPECT_TRUE(host().changes().wait_for(guest.server_id, kRunning));
}

TEST_P(Spawn, IsIdempotent) {
    const auto guest = new_guest();
    spawn(guest);
    EXPECT_TRUE(spawn(guest).already_running);
}

TEST_P(Spawn, StartsAStoppedGuestAgain) {
    const auto guest = new_guest();
    spawn(guest);
    driver().power_off(guest.server_id, 0);
    EXPECT_FALSE(spawn(guest).already_running);
    EXPECT_EQ(driver().state(guest.server_id).power_state, kRunning);
}

TEST_P(Spawn, ListsGuestsWithTheirVolumes) {
    auto guest = new_guest();
    const auto volume = new_uuid();
    guest.disks.push_back(volume_disk(volume));
    spawn(guest);
    for (const auto& info : driver().list()) {
        if (info.server_id != guest.server_id) continue;
        EXPECT_EQ(info.power_state, kRunning);
        EXPECT_EQ(info.volumes, std::vector<std::string>{volume});
        return;
    }
    FAIL() << "the guest is not listed";
}

TEST_P(Spawn, RefusesAFileThatIsNotAbsoluteAndLeavesNothing) {
    const auto guest = new_guest();
    auto files = files_of(guest);
    files[0].path = "disk";
    EXPECT_EQ(code_of([&] { driver().spawn(guest, files, ""); }), ErrorCode::InvalidInput);
    EXPECT_FALSE(driver().state(guest.server_id).exists);
}

TEST_P(Spawn, FailsWithoutTheDiskAndLeavesNothing) {
    if (!real()) GTEST_SKIP() << "the fake opens no disks";
    const auto guest = new_guest();
    const std::vector<compute::virt::DiskFile> files{{host().folder() + "/missing", disk::Format::Raw, ""}};
    EXPECT_THROW(driver().spawn(guest, files, ""), Error);
    EXPECT_FALSE(driver().state(guest.server_id).exists);
}

TEST_P(Spawn, WritesAConsoleLog) {
    const auto guest = new_guest();
    spawn(guest);
    EXPECT_EQ(std::filesystem::exists(console_of(guest)), driver().capabilities().console_output);
}

TEST_P(Spawn, DestroyTwice) {
    const auto guest = new_guest();
    spawn(guest);
    driver().destroy(guest.server_id);
    EXPECT_FALSE(driver().state(guest.server_id).exists);
    EXPECT_TRUE(host().changes().wait_for(guest.server_id, kShutdown));
    EXPECT_NO_THROW(driver().destroy(guest.server_id));
    EXPECT_NO_THROW(driver().destroy(new_uuid()));
}

TEST_P(Spawn, TellsVersionAndType) {
    EXPECT_FALSE(driver().type().empty());
    EXPECT_GT(driver().version(), 0);
}

INSTANTIATE_TEST_SUITE_P(Drivers, Spawn, testing::ValuesIn(driver_names()),
                         [](const auto& driver) { return driver.param; });

}  // namespace
}  // namespace virga::test
