#include "compute/model/server_states.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace virga::compute {
namespace {

Server server(const char* vm_state, const char* task_state) {
    Server out;
    out.id = ServerId("11111111-1111-4111-8111-111111111111");
    out.vm_state = vm_state;
    out.task_state = task_state;
    out.launched_us = 1;
    return out;
}

TEST(ServerStates, StatusWords) {
    EXPECT_EQ(api_status("building", "spawning"), "BUILD");
    EXPECT_EQ(api_status("active", ""), "ACTIVE");
    EXPECT_EQ(api_status("active", "deleting"), "ACTIVE");
    EXPECT_EQ(api_status("active", "rebooting"), "REBOOT");
    EXPECT_EQ(api_status("active", "rebooting_hard"), "HARD_REBOOT");
    EXPECT_EQ(api_status("active", "resize_prep"), "RESIZE");
    EXPECT_EQ(api_status("stopped", ""), "SHUTOFF");
    EXPECT_EQ(api_status("resized", ""), "VERIFY_RESIZE");
    EXPECT_EQ(api_status("resized", "resize_reverting"), "REVERT_RESIZE");
    EXPECT_EQ(api_status("error", ""), "ERROR");
    EXPECT_EQ(api_status("error", "rebuilding"), "REBUILD");
    EXPECT_EQ(api_status("rescued", ""), "RESCUE");
    EXPECT_EQ(api_status("nonsense", ""), "UNKNOWN");
}

TEST(ServerStates, StatusWordsBackToVmStates) {
    EXPECT_EQ(vm_states_of("SHUTOFF"), std::vector<std::string>{"stopped"});
    EXPECT_EQ(vm_states_of("REBUILD"), (std::vector<std::string>{"active", "error", "stopped"}));
    EXPECT_TRUE(vm_states_of("NONSENSE").empty());
}

TEST(ServerStates, ActionsNeedTheirStates) {
    EXPECT_TRUE(allowed(server_action("stop"), server("active", "")));
    EXPECT_FALSE(allowed(server_action("stop"), server("building", "spawning")));
    EXPECT_FALSE(allowed(server_action("stop"), server("active", "powering-off")));
    EXPECT_TRUE(allowed(server_action("start"), server("stopped", "")));
    EXPECT_FALSE(allowed(server_action("start"), server("active", "")));
    EXPECT_FALSE(allowed(server_action("reboot_soft"), server("stopped", "")));
    EXPECT_TRUE(allowed(server_action("reboot_hard"), server("stopped", "")));
    EXPECT_TRUE(allowed(server_action("delete"), server("building", "spawning")));
    EXPECT_FALSE(allowed(server_action("attach_volume"), server("error", "")));
}

TEST(ServerStates, WhatWasNeverBuiltIsOnlyDeleted) {
    auto failed = server("error", "");
    for (const auto* action : {"stop", "reboot_hard"}) EXPECT_TRUE(allowed(server_action(action), failed)) << action;
    failed.launched_us = 0;
    for (const auto* action : {"stop", "reboot_hard"}) EXPECT_FALSE(allowed(server_action(action), failed)) << action;
    EXPECT_TRUE(allowed(server_action("delete"), failed));
    EXPECT_EQ(refusal(server_action("reboot_hard"), failed),
              "Cannot 'reboot' instance 11111111-1111-4111-8111-111111111111, which has never been active: delete it "
              "and create another one");
    failed.vm_state = "active";  // an administrator may say so
    for (const auto* action : {"reboot_soft", "attach_volume"})
        EXPECT_FALSE(allowed(server_action(action), failed)) << action;
}

TEST(ServerStates, RefusalNamesTheObstacle) {
    EXPECT_EQ(refusal(server_action("stop"), server("building", "spawning")),
              "Cannot 'stop' instance 11111111-1111-4111-8111-111111111111 while it is in vm_state building");
    EXPECT_EQ(refusal(server_action("reboot_soft"), server("active", "powering-off")),
              "Cannot 'reboot' instance 11111111-1111-4111-8111-111111111111 while it is in task_state powering-off");
    EXPECT_THROW(require_allowed(server_action("start"), server("active", "")), Error);
    EXPECT_THROW(server_action("fly"), Error);
}

TEST(ServerStates, EveryStepOfABootIsReachable) {
    auto now = server("building", "scheduling");
    for (const auto* step : {"create.networking", "create.block_device_mapping", "create.spawning", "create.finish"}) {
        const auto& action = server_action(step);
        ASSERT_TRUE(allowed(action, now)) << step;
        now.vm_state = action.to_vm;
        now.task_state = action.to_task;
    }
    EXPECT_EQ(api_status(now.vm_state, now.task_state), "ACTIVE");
}

}  // namespace
}  // namespace virga::compute
