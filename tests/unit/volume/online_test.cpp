#include <future>

#include "unit/volume/scripted_guests.hpp"
#include "volume/flows/flows.hpp"
#include "volume/repo/attachment_repo.hpp"
#include "volume/repo/snapshot_repo.hpp"

namespace virga::volume {
namespace {

class OnlineFlows : public ControlFixture {
protected:
    OnlineFlows() : dependencies{*database, config, images, host, *runner, &guests} {
        service.use(guests);
        host.on(command::kNextMerge, [this](const json::object&, const rpc::CallOptions&) {
            return merges.empty() ? LayerMerge{}.to_json() : merges.back().to_json();
        });
        host.on(command::kFinishMerge, [this](const json::object& params, const rpc::CallOptions&) {
            merges.pop_back();
            return VolumeFile{active_of(get_string(params, "volume_id")), "qcow2", 1}.to_json();
        });
        host.on(command::kCreateSnapshot, [this](const json::object& params, const rpc::CallOptions&) {
            EXPECT_TRUE(get_bool(params, "attached"));
            active_ = "/volumes/overlay-" + get_string(params, "snapshot_id");
            return VolumeFile{active_, "qcow2", 1}.to_json();
        });
        host.on(command::kInitializeConnection, [this](const json::object& params, const rpc::CallOptions&) {
            const json::object data{{"path", active_of(get_string(params, "volume_id"))}, {"format", "qcow2"}};
            return json::object{{"driver_volume_type", "local"}, {"data", data}};
        });
    }

    std::string active_of(const std::string& volume) { return active_.empty() ? "/volumes/" + volume : active_; }

    VolumeId in_use(bool multiattach = false) {
        const auto volume = created();
        if (multiattach) write([&](db::Transaction& tx) { tx.exec("UPDATE volumes SET multiattach = 1", {}); });
        const auto attachment = new_id<AttachmentId>();
        write([&](db::Transaction& tx) { service.reserve(tx, attachment, volume, server); });
        const auto info = service.initialize_connection(volume, ScriptedHost::kName, {});
        write([&](db::Transaction& tx) {
            service.connected(tx, attachment, ScriptedHost::kName, "vdb", info);
            service.complete(tx, attachment);
        });
        EXPECT_EQ(status(volume), "in-use");
        return volume;
    }
    taskflow::FlowRecord extend(const VolumeId& volume, std::int64_t size) {
        return ended(write(
            [&](db::Transaction& tx) { return flows::extend_volume(tx, dependencies, auth, volume, size, true); }));
    }
    FlowId snapshot(const SnapshotId& id, const VolumeId& volume, bool online = true) {
        return write([&](db::Transaction& tx) {
            return flows::create_snapshot(tx, dependencies, auth, {id, volume, "s", "", {}, online});
        });
    }
    taskflow::FlowRecord remove_snapshot(const SnapshotId& id) {
        return ended(*write([&](db::Transaction& tx) { return flows::delete_snapshot(tx, dependencies, id, "req"); }));
    }
    std::string snapshot_status(const SnapshotId& id) {
        const auto found = database->read_with([&](db::Transaction& tx) { return repo::find_snapshot(tx, id); });
        return found ? text_of(found->status) : "gone";
    }
    std::string recorded_path(const VolumeId& volume) {
        const auto items = database->read_with([&](db::Transaction& tx) { return repo::attachments_of(tx, volume); });
        return get_string(get_object(items.at(0).connection_info, "data"), "path");
    }

    ScriptedGuests guests;
    std::vector<LayerMerge> merges;
    flows::Dependencies dependencies;
    ServerId server = new_id<ServerId>();

private:
    std::string active_;
};

TEST_F(OnlineFlows, ExtendTellsTheGuestAndStaysInUse) {
    const auto volume = in_use();
    EXPECT_EQ(extend(volume, 3).state, taskflow::FlowState::Succeeded);
    EXPECT_EQ(guests.calls, std::vector<std::string>{"resize 3"});
    EXPECT_EQ(guests.actions, std::vector<std::string>{"extend_volume"});
    EXPECT_EQ(status(volume), "in-use");
    EXPECT_EQ(row(volume)->size_gib, 3);
}

TEST_F(OnlineFlows, ExtendNeedsTheRightMicroversion) {
    const auto volume = in_use();
    EXPECT_EQ(
        code_of([&] {
            write([&](db::Transaction& tx) { return flows::extend_volume(tx, dependencies, auth, volume, 3, false); });
        }),
        ErrorCode::InvalidInput);
}

TEST_F(OnlineFlows, ExtendThatTheGuestRefusesGoesBackToTheOldSize) {
    const auto volume = in_use();
    guests.failure = Error(ErrorCode::Internal, "no space for the guest");
    EXPECT_EQ(extend(volume, 3).state, taskflow::FlowState::Failed);
    EXPECT_EQ(status(volume), "error_extending");
    EXPECT_EQ(row(volume)->size_gib, 1);
    EXPECT_EQ(row(volume)->error, "no space for the guest");
}

TEST_F(OnlineFlows, SnapshotMovesRowsFirstThenTheGuest) {
    const auto volume = in_use();
    const auto id = new_id<SnapshotId>();
    const auto before = recorded_path(volume);
    const auto flow = snapshot(id, volume);
    EXPECT_EQ(ended(flow).state, taskflow::FlowState::Succeeded);
    EXPECT_EQ(snapshot_status(id), "available");
    const auto overlay = "/volumes/overlay-" + id.value;
    EXPECT_EQ(guests.calls, std::vector<std::string>{"switch " + overlay});
    EXPECT_NE(before, overlay);
    EXPECT_EQ(recorded_path(volume), overlay);
    EXPECT_EQ(guests.path, overlay);
    EXPECT_EQ(row(volume)->path, overlay);
    EXPECT_EQ(status(volume), "in-use");
}

TEST_F(OnlineFlows, SnapshotNeedsForceOrTheRightMicroversion) {
    const auto volume = in_use();
    EXPECT_EQ(code_of([&] { snapshot(new_id<SnapshotId>(), volume, false); }), ErrorCode::InvalidInput);
}

TEST_F(OnlineFlows, SnapshotWaitsForFlowsOfTheServer) {
    const auto volume = in_use();
    std::promise<void> begun;
    std::promise<void> go_on;
    host.on(command::kCreate, [&](const json::object& params, const rpc::CallOptions&) {
        begun.set_value();
        go_on.get_future().wait();
        return VolumeFile{"/volumes/" + get_string(params, "volume_id"), "raw", 1}.to_json();
    });
    const auto other = create(raw());  // stands for a reboot
    begun.get_future().wait();
    guests.running = {other};
    const auto id = new_id<SnapshotId>();
    const auto flow = snapshot(id, volume);
    EXPECT_FALSE(runner->wait(flow, std::chrono::milliseconds(100)));
    EXPECT_TRUE(guests.calls.empty());
    EXPECT_EQ(guests.path, "/volumes/overlay-" + id.value) << "the rows don't wait";
    guests.running.clear();
    go_on.set_value();
    EXPECT_EQ(ended(flow).state, taskflow::FlowState::Succeeded);
    EXPECT_EQ(guests.calls.size(), 1U);
}

TEST_F(OnlineFlows, SnapshotThatTheGuestRefusesIsInError) {
    const auto volume = in_use();
    const auto id = new_id<SnapshotId>();
    guests.failure = Error(ErrorCode::Internal, "the guest can't");
    EXPECT_EQ(ended(snapshot(id, volume)).state, taskflow::FlowState::Failed);
    EXPECT_EQ(snapshot_status(id), "error");
    EXPECT_EQ(status(volume), "in-use");
    EXPECT_FALSE(host.has(id.value));
    guests.failure.reset();
    EXPECT_EQ(remove_snapshot(id).state, taskflow::FlowState::Succeeded);
    EXPECT_EQ(snapshot_status(id), "gone");
}

TEST_F(OnlineFlows, SnapshotOfAMultiattachVolumeIsRefused) {
    const auto volume = in_use(true);
    EXPECT_EQ(code_of([&] { snapshot(new_id<SnapshotId>(), volume); }), ErrorCode::InvalidInput);
}

TEST_F(OnlineFlows, DeleteMergesWhatNobodyNeeds) {
    const auto volume = in_use();
    const auto id = new_id<SnapshotId>();
    ended(snapshot(id, volume));
    guests.calls.clear();
    merges = {{true, "/u", "/a", ""}, {false, "/u", "/b", ""}};
    EXPECT_EQ(remove_snapshot(id).state, taskflow::FlowState::Succeeded);
    EXPECT_EQ(guests.calls, (std::vector<std::string>{"merge /b", "merge /a"}));
    EXPECT_TRUE(merges.empty());
    EXPECT_EQ(snapshot_status(id), "gone");
}

TEST_F(OnlineFlows, DeleteGoesThroughWhereLayersCannotBeMerged) {
    const auto volume = in_use();
    const auto id = new_id<SnapshotId>();
    ended(snapshot(id, volume));
    merges = {{true, "/u", "/a", ""}};
    guests.failure = Error(ErrorCode::Internal, "the guest can't");
    EXPECT_EQ(remove_snapshot(id).state, taskflow::FlowState::Succeeded);
    EXPECT_EQ(snapshot_status(id), "gone");
    EXPECT_EQ(merges.size(), 1U) << "the storage host was not told of it";
}

TEST_F(OnlineFlows, DeleteLeavesTheLayersOfAStoppedServer) {
    const auto volume = in_use();
    const auto id = new_id<SnapshotId>();
    ended(snapshot(id, volume));
    merges = {{true, "/u", "/a", ""}};
    guests.runs = false;
    const auto flow = remove_snapshot(id);
    EXPECT_EQ(flow.state, taskflow::FlowState::Succeeded);
    EXPECT_NE(decisions(flow.id).back().find("doesn't run"), std::string::npos);
    EXPECT_EQ(merges.size(), 1U);
}

TEST_F(OnlineFlows, CloneOfAVolumeInUseGoesThroughATemporarySnapshot) {
    const auto volume = in_use();
    auto request = raw();
    request.source_volid = volume.value;
    EXPECT_EQ(ended(create(request)).state, taskflow::FlowState::Succeeded);
    EXPECT_EQ(guests.calls, std::vector<std::string>{"switch /volumes/overlay-" + request.id.value});
    EXPECT_EQ(status(request.id), "available");
    EXPECT_EQ(status(volume), "in-use");
    EXPECT_TRUE(differences({server}).empty());
}

TEST_F(OnlineFlows, FlowsOnOneVolumeTakeTurns) {
    const auto volume = in_use();
    std::promise<void> begun;
    std::promise<void> go_on;
    host.on(command::kDeleteSnapshot, [&](const json::object&, const rpc::CallOptions&) {
        begun.set_value();
        go_on.get_future().wait();
        return json::object{};
    });
    const auto first = new_id<SnapshotId>();
    const auto second = new_id<SnapshotId>();
    ended(snapshot(first, volume));
    const auto deletion =
        *write([&](db::Transaction& tx) { return flows::delete_snapshot(tx, dependencies, first, "req"); });
    begun.get_future().wait();
    const auto creation = snapshot(second, volume);
    EXPECT_FALSE(runner->wait(creation, std::chrono::milliseconds(100)));
    EXPECT_EQ(guests.calls.size(), 1U);
    go_on.set_value();
    EXPECT_EQ(ended(deletion).state, taskflow::FlowState::Succeeded);
    EXPECT_EQ(ended(creation).state, taskflow::FlowState::Succeeded);
}

}  // namespace
}  // namespace virga::volume
