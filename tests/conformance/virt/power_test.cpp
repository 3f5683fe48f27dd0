#include "compute/model/server.hpp"
#include "conformance/virt/host.hpp"

namespace virga::test {
namespace {

constexpr int kRunning = static_cast<int>(compute::PowerState::Running);
constexpr int kShutdown = static_cast<int>(compute::PowerState::Shutdown);

class Power : public VirtTest {};

TEST_P(Power, OffKeepsTheGuestAndOnStartsIt) {
    const auto guest = new_guest();
    spawn(guest);
    driver().power_off(guest.server_id, 0);
    EXPECT_TRUE(driver().state(guest.server_id).exists);
    EXPECT_EQ(driver().state(guest.server_id).power_state, kShutdown);
    EXPECT_TRUE(host().changes().wait_for(guest.server_id, kShutdown));
    driver().power_off(guest.server_id, 0);
    driver().power_on(guest, files_of(guest), console_of(guest));
    driver().power_on(guest, files_of(guest), console_of(guest));
    EXPECT_EQ(driver().state(guest.server_id).power_state, kRunning);
}

// The guest of this test has no operating system that would hear the power button.
TEST_P(Power, OffWithTimeoutEndsADeafGuest) {
    const auto guest = new_guest();
    spawn(guest);
    if (!driver().capabilities().acpi_power_off) GTEST_SKIP() << "this driver has no power button";
    driver().power_off(guest.server_id, 1);
    EXPECT_EQ(driver().state(guest.server_id).power_state, kShutdown);
}

TEST_P(Power, OffWithoutAGuestDoesNothing) {
    EXPECT_NO_THROW(driver().power_off(new_guest().server_id, 0));
}

TEST_P(Power, OnTakesTheNewDefinition) {
    auto guest = new_guest();
    spawn(guest);
    driver().power_off(guest.server_id, 0);
    const std::string volume = "11111111-2222-4333-8444-555555555555";
    guest.disks.push_back(volume_disk(volume));
    driver().power_on(guest, files_of(guest), console_of(guest));
    for (const auto& info : driver().list()) {
        if (info.server_id == guest.server_id) {
            EXPECT_EQ(info.volumes, std::vector<std::string>{volume});
        }
    }
}

TEST_P(Power, HardRebootRuns) {
    const auto guest = new_guest();
    spawn(guest);
    driver().reboot(guest, files_of(guest), console_of(guest), true);
    EXPECT_EQ(driver().state(guest.server_id).power_state, kRunning);
}

TEST_P(Power, SoftRebootOfADeafGuestBecomesHard) {
    const auto guest = new_guest();
    spawn(guest);
    driver().reboot(guest, files_of(guest), console_of(guest), false);
    EXPECT_EQ(driver().state(guest.server_id).power_state, kRunning);
}

TEST_P(Power, ADyingGuestIsTold) {
    const auto guest = new_guest();
    spawn(guest);
    ASSERT_TRUE(host().changes().wait_for(guest.server_id, kRunning));
    host().kill_guest(guest.server_id);
    EXPECT_TRUE(host().changes().wait_for(guest.server_id, kShutdown));
    EXPECT_NE(driver().state(guest.server_id).power_state, kRunning);
    EXPECT_TRUE(driver().state(guest.server_id).exists);
}

INSTANTIATE_TEST_SUITE_P(Drivers, Power, testing::ValuesIn(driver_names()),
                         [](const auto& driver) { return driver.param; });

}  // namespace
}  // namespace virga::test
