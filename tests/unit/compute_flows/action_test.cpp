#include <algorithm>
#include <future>

#include "cloud.hpp"
#include "compute/check.hpp"
#include "compute/flows/flow_data.hpp"
#include "compute/flows/flow_kinds.hpp"
#include "compute/flows/host_claim.hpp"
#include "compute/host_commands.hpp"
#include "compute/repo/server_repo.hpp"

namespace virga::compute::flows {
namespace {

class ActionTest : public Cloud {
protected:
    void stop(const ServerId& server) {
        write([&](db::Transaction& tx) { flows::stop(tx, d_, auth_, server); });
    }
    void start(const ServerId& server) {
        write([&](db::Transaction& tx) { flows::start(tx, d_, auth_, server); });
    }
    void reboot(const ServerId& server, const std::string& type) {
        write([&](db::Transaction& tx) { flows::reboot(tx, d_, auth_, server, type); });
    }
    BlockDevice attach(const ServerId& server, const VolumeId& id) {
        return write(
            [&](db::Transaction& tx) { return flows::attach_volume(tx, d_, auth_, server, id, {}, {}, false); });
    }
    void detach(const ServerId& server, const VolumeId& id) {
        write([&](db::Transaction& tx) { flows::detach_volume(tx, d_, auth_, server, id); });
    }
    void refuse(const char* method, ErrorCode code) {
        hosts_.script(method, [code](const std::string&, const json::object&) {
            throw Error(code, "the host refuses");
            return std::optional<json::object>();
        });
    }
    static ErrorCode code_of(const std::function<void()>& action) {
        try {
            action();
        } catch (const Error& error) {
            return error.code();
        }
        ADD_FAILURE() << "no error";
        return ErrorCode::Internal;
    }
    std::string states(const ServerId& server) {
        const auto row = get(server);
        return std::string(word(row.vm_state)) + "/" + std::string(word(row.task_state)) + "/" +
               std::to_string(static_cast<int>(row.power_state));
    }
};

TEST_F(ActionTest, StopStartReboot) {
    const auto server = boot_active({image_root()});
    gate_.at("compute.manager.stop_instance.before",
             [&] { EXPECT_EQ(get(server).task_state, TaskState::PoweringOff); });
    stop(server);
    settle(server);
    EXPECT_EQ(states(server), "stopped//4");
    EXPECT_EQ(code_of([&] { stop(server); }), ErrorCode::Conflict);
    start(server);
    settle(server);
    EXPECT_EQ(states(server), "active//1");
    reboot(server, "SOFT");
    settle(server);
    EXPECT_EQ(states(server), "active//1");
    EXPECT_EQ(code_of([&] { start(server); }), ErrorCode::Conflict);
}

TEST_F(ActionTest, ImageSaysHowLongAGuestMayShutDown) {
    std::vector<std::int64_t> told;
    hosts_.script(command::kPowerOff, [&](const std::string&, const json::object& params) {
        told.push_back(get_int(params, "timeout_s"));
        return std::nullopt;
    });
    for (const std::string value : {"", "5", "0", "-1", "5s", "4000"}) {
        write([&](db::Transaction& tx) {
            tx.exec("UPDATE images SET properties = ? WHERE id = ?",
                    {json::serialize(json::object{{"os_shutdown_timeout", value}}), image_.value});
        });
        const auto server = boot_active({image_root()});
        stop(server);
        settle(server);
    }
    EXPECT_EQ(told, (std::vector<std::int64_t>{60, 5, 0, 60, 60, 60}));
}

TEST_F(ActionTest, FailedStartLeavesTheServerStopped) {
    const auto server = boot_active({image_root()});
    stop(server);
    settle(server);
    refuse(command::kPowerOn, ErrorCode::Internal);
    start(server);
    settle(server);
    EXPECT_EQ(states(server), "stopped//4");
}

TEST_F(ActionTest, FailedRebootIsAnErrorOnlyWhenTheGuestIsGone) {
    const auto server = boot_active({image_root()});
    refuse(command::kReboot, ErrorCode::Internal);
    reboot(server, "HARD");
    settle(server);
    EXPECT_EQ(states(server), "active//1");
    hosts_.set_power("h1", server.value, 4);
    reboot(server, "HARD");
    settle(server);
    EXPECT_EQ(get(server).vm_state, VmState::Error);
    EXPECT_NE(get(server).fault.value().message.find("the host refuses"), std::string::npos);
}

TEST_F(ActionTest, AttachAndDetach) {
    const auto server = boot_active({image_root()});
    const auto id = make_volume();
    const auto device = attach(server, id);
    EXPECT_EQ(device.device_name, "/dev/vdb");
    EXPECT_EQ(get(server).task_state, TaskState::None);
    settle(server);
    EXPECT_EQ(volume(id).status, volume::VolumeStatus::InUse);
    EXPECT_TRUE(hosts_.guest_has_volume("h1", server.value, id.value));
    EXPECT_EQ(code_of([&] { attach(server, id); }), ErrorCode::InvalidInput);
    gate_.at("compute.manager.detach_volume.before",
             [&] { EXPECT_EQ(volume(id).status, volume::VolumeStatus::Detaching); });
    detach(server, id);
    settle(server);
    EXPECT_EQ(volume(id).status, volume::VolumeStatus::Available);
    EXPECT_FALSE(hosts_.guest_has_volume("h1", server.value, id.value));
    EXPECT_EQ(devices(server).size(), 1U);
    EXPECT_EQ(code_of([&] { detach(server, id); }), ErrorCode::NotFound);
}

TEST_F(ActionTest, FailedAttachLeavesNothing) {
    const auto server = boot_active({image_root()});
    const auto id = make_volume();
    refuse(command::kAttachDisk, ErrorCode::Internal);
    attach(server, id);
    settle(server);
    EXPECT_EQ(volume(id).status, volume::VolumeStatus::Available);
    EXPECT_EQ(devices(server).size(), 1U);
    EXPECT_EQ(states(server), "active//1");
    EXPECT_FALSE(hosts_.guest_has_volume("h1", server.value, id.value));
}

TEST_F(ActionTest, AttachThatFailsAtEachTaskLeavesNothing) {
    const auto server = boot_active({image_root()});
    for (const char* label : {"compute.manager.attach_volume", "virt.block_device.DriverVolumeBlockDevice.attach",
                              "virt.libvirt.attach_volume"}) {
        SCOPED_TRACE(label);
        const auto id = make_volume();
        gate_.at(std::string(label) + ".after", [] { throw Error(ErrorCode::Internal, "broken"); });
        attach(server, id);
        settle(server);
        EXPECT_EQ(volume(id).status, volume::VolumeStatus::Available);
        EXPECT_EQ(devices(server).size(), 1U);
        EXPECT_FALSE(hosts_.guest_has_volume("h1", server.value, id.value));
    }
}

TEST_F(ActionTest, RefusedDetachKeepsTheVolumeInUse) {
    const auto server = boot_active({image_root()});
    const auto id = make_volume();
    attach(server, id);
    settle(server);
    refuse(command::kDetachDisk, ErrorCode::NotSupported);
    detach(server, id);
    settle(server);
    EXPECT_EQ(volume(id).status, volume::VolumeStatus::InUse);
    EXPECT_EQ(devices(server).size(), 2U);
}

TEST_F(ActionTest, RootCanNotBeDetached) {
    const auto id = make_volume();
    const auto server = boot_active({existing_volume(id)});
    EXPECT_EQ(code_of([&] { detach(server, id); }), ErrorCode::InvalidInput);
    EXPECT_EQ(volume(id).status, volume::VolumeStatus::InUse);
}

TEST_F(ActionTest, HostLocalVolumeOfAnotherHostIsRefused) {
    const auto server = boot_active({image_root()}, "h1");
    json::array local;
    local.push_back(json::object{{"name", "local"}, {"driver", "fake"}, {"total_gib", 5000}, {"free_gib", 5000}});
    hosts_.add("h2", {{"backends", local}});
    const auto id = make_volume();
    ASSERT_EQ(volume(id).host, "h2");
    EXPECT_EQ(code_of([&] { attach(server, id); }), ErrorCode::InvalidInput);
    EXPECT_EQ(volume(id).status, volume::VolumeStatus::Available);
}

TEST_F(ActionTest, DeleteDuringAttachLeavesTheVolumeAvailable) {
    const auto server = boot_active({image_root()});
    const auto id = make_volume();
    gate_.at("virt.libvirt.attach_volume.after", [&] { remove(server); });
    attach(server, id);
    settle(server);
    EXPECT_FALSE(find(server));
    EXPECT_EQ(volume(id).status, volume::VolumeStatus::Available);
    expect_clean(server);
}

TEST_F(ActionTest, GuestThatStopsByItself) {
    const auto server = boot_active({image_root()});
    guest_changed(d_, "h1", server, PowerState::Running);  // no news
    hosts_.set_power("h1", server.value, 4);
    guest_changed(d_, "h2", server, PowerState::Shutdown);  // not its host
    settle(server);
    EXPECT_EQ(states(server), "active//1");
    guest_changed(d_, "h1", server, PowerState::Shutdown);
    settle(server);
    EXPECT_EQ(states(server), "stopped//4");
    hosts_.set_power("h1", server.value, 1);
    guest_changed(d_, "h1", server, PowerState::Running);
    settle(server);
    EXPECT_EQ(states(server), "active//1");
}

TEST_F(ActionTest, LateEventOfAnEarlierStopIsNotBelieved) {
    const auto server = boot_active({image_root()});
    guest_changed(d_, "h1", server, PowerState::Shutdown);
    settle(server);
    EXPECT_EQ(states(server), "active//1");
}

TEST_F(ActionTest, ReconcileRemovesStraysAndNotesDeadGuests) {
    const auto alive = boot_active({image_root()});
    const auto dead = boot_active({image_root()});
    hosts_.set_power("h1", dead.value, 4);
    const auto before = hosts_.leftovers().size();
    const auto gone = boot_active({image_root()});
    remove(gone);
    settle(gone);
    hosts_.put_stray("h1", gone.value, "tapffffffff-ff");
    reconcile_host(d_, "h1");
    settle(ServerId("h1"));
    EXPECT_EQ(hosts_.leftovers().size(), before);
    EXPECT_EQ(states(alive), "active//1");
    EXPECT_EQ(states(dead), "stopped//4");
}

// When a control process starts, all hosts come up at once, each with a hundred servers.
TEST_F(ActionTest, ReconcileAsksTheHostForNothingThatItsInventoryTells) {
    std::vector<ServerId> servers;
    for (int i = 0; i < 3; ++i) servers.push_back(boot_active({image_root()}));
    const auto asked = hosts_.count(command::kServerState);
    reconcile_host(d_, "h1");
    settle(ServerId("h1"));
    EXPECT_EQ(hosts_.count(command::kServerState), asked);
    hosts_.set_power("h1", servers.front().value, 4);
    reconcile_host(d_, "h1");
    settle(ServerId("h1"));
    EXPECT_EQ(hosts_.count(command::kServerState), asked + 1);
    EXPECT_EQ(states(servers.front()), "stopped//4");
}

TEST_F(ActionTest, ReconcileJudgesByWhatTheControlKnowsOfTheServer) {
    hosts_.add("h2");
    const auto elsewhere = boot_active({image_root()}, "h2");
    const auto deleted = boot_active({image_root()}, "h2");
    remove(deleted);
    settle(deleted);
    const auto unknown = new_uuid();
    for (const auto& id : {elsewhere.value, deleted.value, unknown})
        hosts_.put_stray("h1", id, "tap" + id.substr(0, 11));
    const auto claim = [&](const ServerId& id, const std::string& host) {
        return write([&](db::Transaction& tx) { return claim_on_host(tx, d_, id, host); });
    };
    EXPECT_EQ(claim(elsewhere, "h2"), HostClaim::Held);
    EXPECT_EQ(claim(elsewhere, "h1"), HostClaim::Released);
    EXPECT_EQ(claim(deleted, "h1"), HostClaim::Released);
    EXPECT_EQ(claim(ServerId(unknown), "h1"), HostClaim::Unknown);
    write([&](db::Transaction& tx) { repo::forget_deleted_servers(tx, now_us() + 1'000'000, 0); });
    EXPECT_EQ(claim(deleted, "h1"), HostClaim::Released) << "its actions still tell that it was deleted";
    reconcile_host(d_, "h1");
    settle(ServerId("h1"));
    const std::vector<std::string> kept{"h1: guest " + unknown, "h1: folder " + unknown,
                                        "h1: tap tap" + unknown.substr(0, 11)};
    auto left = hosts_.leftovers();
    std::erase_if(left, [](const auto& text) { return text.starts_with("h2"); });
    EXPECT_EQ(left, kept) << "nobody may remove what may be all that is left of a server";
    auto tx = db_.read();
    const auto found = check_servers(tx, d_);
    EXPECT_TRUE(std::any_of(found.begin(), found.end(), [&](const auto& text) {
        return text.starts_with("server " + unknown + ": host h1 has a guest of a server that is on no record");
    }));
}

// As during a migration: the row names another host, but a flow works on this one.
TEST_F(ActionTest, ReconcileLeavesAHostAloneOnWhichAFlowWorks) {
    hosts_.add("h2");
    const auto server = boot_active({image_root()}, "h2");
    std::promise<void> judged;
    std::promise<void> begun;
    auto wait = judged.get_future().share();
    gate_.at("compute.manager.sync_power_state.before", [&begun, wait] {
        begun.set_value();
        wait.wait();
    });
    write([&](db::Transaction& tx) {
        auto spec = flow_with(flow_kind::kSyncPowerState, ServerData{server, auth_, "h1", 1});
        spec.tasks = {{"compute.manager.sync_power_state"}};
        d_.runner.start(tx, spec);
    });
    begun.get_future().wait();
    hosts_.put_stray("h1", server.value, "tapffffffff-ff");
    reconcile_host(d_, "h1");
    settle(ServerId("h1"));
    const auto left = hosts_.leftovers();
    EXPECT_NE(std::find(left.begin(), left.end(), "h1: guest " + server.value), left.end());
    judged.set_value();
    settle(server);
}

}  // namespace
}  // namespace virga::compute::flows
