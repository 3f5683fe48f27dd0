#include <future>

#include "cloud.hpp"
#include "compute/flows/boot_plan.hpp"
#include "compute/flows/flow_data.hpp"
#include "compute/flows/flow_kinds.hpp"
#include "compute/host_commands.hpp"
#include "compute/repo/server_repo.hpp"
#include "volume/host_commands.hpp"

namespace virga::compute::flows {
namespace {

class DeleteTest : public Cloud {
protected:
    /// Deletes a server while each of its tasks is being executed, in turn.
    template <class Devices>
    void delete_everywhere(Devices&& devices) {
        for (const auto& task : boot_plan(devices())) {
            const auto point = (task.label.empty() ? task.task : task.label) + ".after";
            SCOPED_TRACE(point);
            std::promise<ServerId> id;
            auto known = id.get_future().share();
            gate_.at(point, [this, known] { remove(known.get()); });
            const auto server = boot(devices());
            id.set_value(server);
            settle(server);
            EXPECT_TRUE(gate_.passed(point));
            EXPECT_FALSE(find(server));
            expect_clean(server);
        }
    }
    std::size_t volume_count() {
        return static_cast<std::size_t>(
            db_.read_with([](db::Transaction& tx) { return tx.scalar("SELECT COUNT(*) FROM volumes"); }));
    }
};

TEST_F(DeleteTest, WhileBuildingFromImageAtEachTask) {
    delete_everywhere([&] { return std::vector{image_root()}; });
}

TEST_F(DeleteTest, WhileCreatingVolumesAtEachTask) {
    delete_everywhere([&] { return std::vector{image_volume(true), blank_volume(false)}; });
    EXPECT_EQ(volume_count(), 0U) << "a cancelled boot takes its volumes back, whatever delete_on_termination says";
}

TEST_F(DeleteTest, WhileBuildingFromVolumeAtEachTask) {
    const auto id = make_volume();
    delete_everywhere([&] { return std::vector{existing_volume(id)}; });
    EXPECT_EQ(volume(id).status, volume::VolumeStatus::Available);
}

TEST_F(DeleteTest, WhileItWaitsForAVolume) {
    std::promise<void> begun;
    std::promise<void> deleted;
    auto go_on = deleted.get_future().share();
    hosts_.script(volume::command::kCreateFromImage, [&](const std::string&, const json::object&) {
        begun.set_value();
        go_on.wait();
        return std::optional<json::object>();
    });
    const auto server = boot({image_volume(false)});
    begun.get_future().wait();
    remove(server);
    deleted.set_value();
    settle(server);
    EXPECT_FALSE(find(server));
    EXPECT_EQ(volume_count(), 0U);
    expect_clean(server);
}

TEST_F(DeleteTest, ActiveServer) {
    const auto id = make_volume();
    const auto server = boot_active({existing_volume(id), blank_volume(true), blank_volume(false)});
    const auto rows = devices(server);
    remove(server);
    settle(server);
    EXPECT_FALSE(find(server));
    EXPECT_EQ(volume(id).status, volume::VolumeStatus::Available);
    EXPECT_FALSE(find_volume(rows[1].volume_id));
    EXPECT_EQ(volume(VolumeId(rows[2].volume_id)).status, volume::VolumeStatus::Available);
    expect_clean(server);
    const auto actions = db_.read_with([&](db::Transaction& tx) { return repo::actions_of(tx, server); });
    ASSERT_EQ(actions.size(), 2U);
    EXPECT_EQ(actions[0].action, "delete");
    EXPECT_EQ(actions[1].action, "create");
}

TEST_F(DeleteTest, OldActionsOfDeletedServersAreForgotten) {
    const auto kept = boot_active({image_root()});
    const auto deleted = boot_active({image_root()});
    remove(deleted);
    settle(deleted);
    const auto actions = [&](const ServerId& server) {
        return db_.read_with([&](db::Transaction& tx) { return repo::actions_of(tx, server).size(); });
    };
    const auto forget = [&](TimestampUs time) {
        std::int64_t servers = 0;
        write([&](db::Transaction& tx) { servers = repo::forget_actions(tx, time); });
        return servers;
    };
    const auto begun_us = db_.read().scalar("SELECT start_us FROM instance_actions WHERE action = 'delete'");
    EXPECT_EQ(forget(begun_us), 0);
    EXPECT_EQ(actions(deleted), 2U);
    EXPECT_EQ(forget(begun_us + 1), 1);
    EXPECT_EQ(actions(deleted), 0U);
    EXPECT_EQ(actions(kept), 1U);
}

TEST_F(DeleteTest, ADeletedServerLeavesNoLineWhereNoneIsKept) {
    config_.set("compute.deleted_servers_kept_hours", "0");
    const auto server = boot_active({image_root()});
    remove(server);
    settle(server);
    EXPECT_EQ(db_.read().scalar("SELECT COUNT(*) FROM deleted_servers"), 0);
    EXPECT_EQ(db_.read().scalar("SELECT COUNT(*) FROM block_devices"), 0);
}

TEST_F(DeleteTest, RepeatsAreHarmless) {
    const auto server = boot_active({image_root()});
    std::promise<void> repeated;
    auto wait = repeated.get_future().share();
    gate_.at("compute.manager.destroy_guest.before", [wait] { wait.wait(); });
    remove(server);
    remove(server);
    remove(server);
    EXPECT_EQ(get(server).task_state, TaskState::Deleting);
    repeated.set_value();
    settle(server);
    EXPECT_FALSE(find(server));
    EXPECT_THROW(remove(server), Error);
    EXPECT_EQ(hosts_.count(command::kDestroyGuest), 1);
    EXPECT_EQ(hosts_.count(command::kRemoveServerFiles), 1);
}

TEST_F(DeleteTest, ErrorServerWithoutHost) {
    hosts_.add("h1", {{"memory_mib", 1}});
    const auto server = boot({image_volume(true)});
    settle(server);
    EXPECT_EQ(get(server).vm_state, VmState::Error);
    remove(server);
    settle(server);
    EXPECT_FALSE(find(server));
    EXPECT_EQ(hosts_.count(command::kDestroyGuest), 0);
    expect_clean(server);
}

TEST_F(DeleteTest, HostDownIsALocalDeleteAndTheHostCleansUpLater) {
    hosts_.add("store", {{"vcpus", 0}});
    const auto server = boot_active({image_root()});
    hosts_.set_down("h1", true);
    remove(server);
    settle(server);
    EXPECT_FALSE(find(server));
    EXPECT_FALSE(hosts_.leftovers().empty());
    for (const auto* task : {"compute.manager.destroy_guest", "compute.manager.remove_server_files"})
        EXPECT_NE(decision(server, task, "delete_server").find("local delete"), std::string::npos) << task;
    hosts_.set_down("h1", false);
    reconcile_host(d_, "h1");
    settle(ServerId("h1"));
    expect_clean(server);
}

TEST_F(DeleteTest, HostThatDiesDuringSpawnDoesNotHoldUpTheDelete) {
    const auto id = make_volume();
    std::promise<void> died;
    hosts_.script(command::kSpawn, [&](const std::string& host, const json::object&) -> std::optional<json::object> {
        hosts_.set_down(host, true);
        died.set_value();
        throw Error(ErrorCode::Unavailable, "the connection broke");
    });
    const auto server = boot({existing_volume(id), image_root()});
    died.get_future().wait();
    remove(server);
    settle(server);
    EXPECT_FALSE(find(server));
    EXPECT_EQ(volume(id).status, volume::VolumeStatus::Available);
    hosts_.set_down("h1", false);
    reconcile_host(d_, "h1");
    settle(ServerId("h1"));
    for (const auto& left : hosts_.leftovers()) EXPECT_NE(left.find("connection"), std::string::npos) << left;
}

TEST_F(DeleteTest, ConnectionThatCanNotBeEndedIsTriedAgain) {
    const auto id = make_volume();
    const auto server = boot_active({existing_volume(id)});
    int failures = 2;
    hosts_.script(volume::command::kTerminateConnection, [&](const std::string&, const json::object&) {
        if (failures-- > 0) throw Error(ErrorCode::Internal, "the backend stumbles");
        return std::optional<json::object>();
    });
    remove(server);
    settle(server);
    EXPECT_FALSE(find(server));
    EXPECT_EQ(volume(id).status, volume::VolumeStatus::Available);
    expect_clean(server);
}

TEST_F(DeleteTest, GuestThatCanNotBeDestroyedKeepsTheServerDeleting) {
    const auto server = boot_active({image_root()});
    for (const auto* method : {command::kDestroyGuest, command::kRemoveServerFiles}) {
        hosts_.script(method, [stumbled = std::make_shared<bool>(false)](const std::string&, const json::object&) {
            if (!std::exchange(*stumbled, true)) throw Error(ErrorCode::Internal, "libvirt stumbles");
            return std::optional<json::object>();
        });
    }
    remove(server);
    settle(server);
    EXPECT_FALSE(find(server));
    expect_clean(server);
}

// A flow keeps the list of tasks that it was begun with.
TEST_F(DeleteTest, OneThatAnEarlierVersionBeganIsFinished) {
    const auto server = boot_active({image_root()});
    write([&](db::Transaction& tx) {
        auto spec = flow_with(flow_kind::kDeleteServer, DeleteServerData{{server, auth_, {}, 1}, {}});
        spec.tasks = {{"compute.api.delete"},
                      {"compute.manager.destroy"},
                      {"compute.manager.deallocate_networks"},
                      {"compute.manager.detach_volumes"},
                      {"compute.manager.delete_volumes"},
                      {"compute.manager.delete"}};
        d_.runner.start(tx, spec);
    });
    settle(server);
    EXPECT_FALSE(find(server));
    expect_clean(server);
}

// The row still names the host, whose turn in the delete is over.
TEST_F(DeleteTest, AHostThatComesBackInTheMiddleOfALocalDeleteCleansUp) {
    hosts_.add("store", {{"vcpus", 0}});
    const auto server = boot_active({image_root()});
    std::promise<void> judged;
    std::promise<void> passed;
    auto wait = judged.get_future().share();
    gate_.at("compute.manager.deallocate_networks.before", [&passed, wait] {
        passed.set_value();
        wait.wait();
    });
    hosts_.set_down("h1", true);
    remove(server);
    passed.get_future().wait();
    hosts_.set_down("h1", false);
    reconcile_host(d_, "h1");
    settle(ServerId("h1"));
    judged.set_value();
    settle(server);
    for (const auto& left : hosts_.leftovers()) EXPECT_NE(left.find(": tap"), std::string::npos) << left;
    reconcile_host(d_, "h1");
    settle(ServerId("h1"));
    expect_clean(server);
}

TEST_F(DeleteTest, WhileRevertingAFailedBoot) {
    hosts_.add("h2");
    std::promise<ServerId> id;
    auto known = id.get_future().share();
    gate_.at("virt.libvirt.spawn.after", [] { throw Error(ErrorCode::Internal, "broken"); });
    gate_.at("compute.manager.build_networks.revert", [this, known] { remove(known.get()); });
    const auto server = boot({image_volume(true)});
    id.set_value(server);
    settle(server);
    EXPECT_FALSE(find(server));
    expect_clean(server);
}

}  // namespace
}  // namespace virga::compute::flows
