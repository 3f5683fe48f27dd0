#include "compute/model/server_changes.hpp"

#include "base/error.hpp"
#include "base/ids.hpp"
#include "compute/repo/server_repo.hpp"
#include "compute/service.hpp"
#include "harness/machine_walk.hpp"
#include "taskflow/runner.hpp"

namespace virga::compute {
namespace {

using namespace server_change;

Server server(VmState vm_state, TaskState task_state) {
    Server out;
    out.id = ServerId("11111111-1111-4111-8111-111111111111");
    out.vm_state = vm_state;
    out.task_state = task_state;
    out.launched_us = 1;
    return out;
}

TEST(ServerChanges, AreFoundByTheNamesThatFlowsKeep) {
    for (const auto* change : server_machine().changes) EXPECT_EQ(&change_named(change->name), change);
    EXPECT_THROW(change_named("create.no_such_step"), virga::Error);
}

TEST(ServerStates, EveryStateHasAWordOfItsOwn) {
    test::each_state_has_a_word_of_its_own<VmState>();
    test::each_state_has_a_word_of_its_own<TaskState>();
}

TEST(ServerStates, StatusWords) {
    EXPECT_EQ(api_status(Building, TaskState::Spawning), "BUILD");
    EXPECT_EQ(api_status(Active, TaskState::None), "ACTIVE");
    EXPECT_EQ(api_status(Active, TaskState::Deleting), "ACTIVE");
    EXPECT_EQ(api_status(Active, TaskState::Rebooting), "REBOOT");
    EXPECT_EQ(api_status(Active, TaskState::RebootingHard), "HARD_REBOOT");
    EXPECT_EQ(api_status(Active, TaskState::ResizePrep), "RESIZE");
    EXPECT_EQ(api_status(Stopped, TaskState::None), "SHUTOFF");
    EXPECT_EQ(api_status(Resized, TaskState::None), "VERIFY_RESIZE");
    EXPECT_EQ(api_status(Resized, TaskState::ResizeReverting), "REVERT_RESIZE");
    EXPECT_EQ(api_status(VmState::Error, TaskState::None), "ERROR");
    EXPECT_EQ(api_status(VmState::Error, TaskState::Rebuilding), "REBUILD");
    EXPECT_EQ(api_status(Rescued, TaskState::None), "RESCUE");
    for (const auto vm : test::all_states<VmState>()) EXPECT_NE(api_status(vm, TaskState::None), "");
}

TEST(ServerStates, StatusWordsBackToVmStates) {
    EXPECT_EQ(vm_states_of("SHUTOFF"), std::vector{Stopped});
    EXPECT_EQ(vm_states_of("REBUILD"), (std::vector{Active, Stopped, VmState::Error}));
    EXPECT_TRUE(vm_states_of("NONSENSE").empty());
}

TEST(ServerChanges, NeedTheirStates) {
    EXPECT_TRUE(allowed(kStop, server(Active, TaskState::None)));
    EXPECT_FALSE(allowed(kStop, server(Building, TaskState::Spawning)));
    EXPECT_FALSE(allowed(kStop, server(Active, TaskState::PoweringOff)));
    EXPECT_TRUE(allowed(kStart, server(Stopped, TaskState::None)));
    EXPECT_FALSE(allowed(kStart, server(Active, TaskState::None)));
    EXPECT_FALSE(allowed(kRebootSoft, server(Stopped, TaskState::None)));
    EXPECT_TRUE(allowed(kRebootHard, server(Stopped, TaskState::None)));
    EXPECT_TRUE(allowed(kDelete, server(Building, TaskState::Spawning)));
    EXPECT_FALSE(allowed(kAttachVolume, server(VmState::Error, TaskState::None)));
}

TEST(ServerChanges, WhatWasNeverBuiltIsOnlyDeleted) {
    auto failed = server(VmState::Error, TaskState::None);
    for (const auto* change : {&kStop, &kRebootHard}) EXPECT_TRUE(allowed(*change, failed)) << change->name;
    failed.launched_us = 0;
    for (const auto* change : {&kStop, &kRebootHard}) EXPECT_FALSE(allowed(*change, failed)) << change->name;
    EXPECT_TRUE(allowed(kDelete, failed));
    EXPECT_EQ(refusal(kRebootHard, failed),
              "Cannot 'reboot' instance 11111111-1111-4111-8111-111111111111, which has never been active: delete it "
              "and create another one");
    failed.vm_state = Active;  // an administrator may say so
    for (const auto* change : {&kRebootSoft, &kAttachVolume}) EXPECT_FALSE(allowed(*change, failed)) << change->name;
}

TEST(ServerChanges, RefusalNamesTheObstacle) {
    EXPECT_EQ(refusal(kStop, server(Building, TaskState::Spawning)),
              "Cannot 'stop' instance 11111111-1111-4111-8111-111111111111 while it is in vm_state building");
    EXPECT_EQ(refusal(kRebootSoft, server(Active, TaskState::PoweringOff)),
              "Cannot 'reboot' instance 11111111-1111-4111-8111-111111111111 while it is in task_state powering-off");
    EXPECT_THROW(require_allowed(kStart, server(Active, TaskState::None)), virga::Error);
}

TEST(ServerChanges, EachIsReachableFromTheRequest) {
    test::each_change_is_reachable(server_machine(), {{Building, TaskState::Scheduling}});
}

/// The row and the rule agree about every state and every change.
TEST(ServerChanges, TheRowMovesJustWhereTheRuleAllowsIt) {
    test::ScratchDatabase scratch;
    db::migrate(scratch.db, taskflow::migrations());
    db::migrate(scratch.db, migrations());
    auto tx = scratch.db.write();
    const auto row = server(Building, TaskState::None);
    repo::insert_server(tx, row);
    tx.commit();
    test::the_row_moves_just_where_the_rule_allows_it(scratch.db, server_machine(), row.id.value);
}

}  // namespace
}  // namespace virga::compute
