#include "compute/model/server_changes.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "compute/repo/server_repo.hpp"
#include "compute/service.hpp"
#include "harness/test_database.hpp"

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

template <class State>
std::vector<State> all_states() {
    std::vector<State> all;
    for (std::size_t i = 0; i < state_words(State{}).size(); ++i) all.push_back(static_cast<State>(i));
    return all;
}

TEST(ServerStates, EveryStateHasAWordOfItsOwn) {
    const auto check = []<class State>(State) {
        std::set<std::string_view> words;
        for (const auto state : all_states<State>()) {
            words.insert(word(state));
            EXPECT_EQ(lifecycle::state_of<State>(word(state)), state);
        }
        EXPECT_EQ(words.size(), all_states<State>().size());
        EXPECT_EQ(lifecycle::find_state<State>("nonsense"), std::nullopt);
        EXPECT_THROW(lifecycle::state_of<State>("nonsense"), virga::Error);
    };
    check(VmState{});
    check(TaskState{});
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
    for (const auto vm : all_states<VmState>()) EXPECT_NE(api_status(vm, TaskState::None), "");
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

/// A change that starts from nowhere that another one, or the request, leads to is dead.
TEST(ServerChanges, EachIsReachableFromTheRequest) {
    std::set<std::tuple<VmState, TaskState>> known{{Building, TaskState::Scheduling}};
    std::set<std::string_view> used;
    for (std::size_t before = 0; before != known.size();) {
        before = known.size();
        const auto seen = known;
        for (const auto& states : seen) {
            for (const auto* change : server_machine().changes) {
                if (!lifecycle::starts_from(*change, states)) continue;
                used.insert(change->name);
                known.insert(lifecycle::after(*change, states));
            }
        }
    }
    for (const auto* change : server_machine().changes) EXPECT_TRUE(used.contains(change->name)) << change->name;
    EXPECT_TRUE(known.contains({Active, TaskState::None}));
}

/// The row and the rule agree about every state and every change.
TEST(ServerChanges, TheRowMovesJustWhereTheRuleAllowsIt) {
    const auto path = std::filesystem::temp_directory_path() / ("virga-changes-" + new_uuid());
    std::filesystem::create_directories(path);
    {
        test::TestDatabase place(path);
        db::Database db(place.url());
        db::migrate(db, migrations());
        auto tx = db.write();
        for (const auto vm : all_states<VmState>()) {
            for (const auto task : all_states<TaskState>()) {
                for (const auto* change : server_machine().changes) {
                    auto row = server(vm, task);
                    row.id = ServerId(new_uuid());
                    repo::insert_server(tx, row);
                    const auto seen = states_of(row);
                    const bool moved = lifecycle::try_change(tx, server_machine(), *change, row.id.value, seen);
                    EXPECT_EQ(moved, allowed(*change, row)) << change->name << word(vm) << word(task);
                    const auto now = repo::get_server(tx, row.id);
                    EXPECT_EQ(states_of(now), moved ? lifecycle::after(*change, seen) : seen) << change->name;
                    // What was read before is out of date by now.
                    if (states_of(now) == seen) continue;
                    EXPECT_FALSE(lifecycle::try_change(tx, server_machine(), *change, row.id.value, seen));
                }
            }
        }
    }
    std::filesystem::remove_all(path);
}

}  // namespace
}  // namespace virga::compute
