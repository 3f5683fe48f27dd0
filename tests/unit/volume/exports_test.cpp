// Volumes that a server of another host has, by NBD: who does what.
#include "unit/volume/scripted_guests.hpp"
#include "volume/flows/flows.hpp"
#include "volume/repo/snapshot_repo.hpp"

namespace virga::volume {
namespace {

class ExportFlows : public ControlFixture {
protected:
    ExportFlows() : dependencies{*database, config, images, host, *runner, &guests} {
        service.use(guests);
        host.on(command::kInitializeConnection, [](const json::object& params, const rpc::CallOptions&) {
            const json::object data{{"host", "10.0.0.1"}, {"port", 10809}, {"export", params.at("volume_id")}};
            return json::object{{"driver_volume_type", "nbd"}, {"data", data}};
        });
        host.on(command::kFlatten, [this](const json::object& params, const rpc::CallOptions&) {
            auto reply = VolumeFile{"/volumes/" + get_string(params, "volume_id"), "qcow2", 1}.to_json();
            reply["merged"] = 1;
            if (flatten_failure) throw *flatten_failure;
            return reply;
        });
        guests.before = [this](const std::string&) { asked_before_guest = host.calls.back(); };
    }

    VolumeId in_use() {
        const auto volume = created();
        write([&](db::Transaction& tx) { service.reserve(tx, attachment, volume, server); });
        const auto info = service.initialize_connection(volume, "compute1", {});
        write([&](db::Transaction& tx) {
            service.connected(tx, attachment, "compute1", "vdb", info);
            service.complete(tx, attachment);
        });
        EXPECT_EQ(status(volume), "in-use");
        return volume;
    }
    FlowId extend(const VolumeId& volume) {
        return write(
            [&](db::Transaction& tx) { return flows::extend_volume(tx, dependencies, auth, volume, 3, true); });
    }
    SnapshotId snapshot(const VolumeId& volume) {
        const auto id = new_id<SnapshotId>();
        EXPECT_EQ(ended(write([&](db::Transaction& tx) {
                      return flows::create_snapshot(tx, dependencies, auth, {id, volume, "s", "", {}, true});
                  })).state,
                  taskflow::FlowState::Succeeded);
        return id;
    }
    taskflow::FlowRecord remove_snapshot(const SnapshotId& id) {
        return ended(*write([&](db::Transaction& tx) { return flows::delete_snapshot(tx, dependencies, id, "req"); }));
    }
    bool was_asked(const std::string& method) const {
        return std::find(host.calls.begin(), host.calls.end(), method) != host.calls.end();
    }

    ScriptedGuests guests;
    flows::Dependencies dependencies;
    ServerId server = new_id<ServerId>();
    AttachmentId attachment = new_id<AttachmentId>();
    std::string asked_before_guest;
    std::optional<Error> flatten_failure;
};

TEST_F(ExportFlows, TheStorageHostGrowsItBeforeTheGuestIsTold) {
    const auto volume = in_use();
    EXPECT_EQ(ended(extend(volume)).state, taskflow::FlowState::Succeeded);
    EXPECT_EQ(guests.calls, std::vector<std::string>{"resize 3"});
    EXPECT_EQ(asked_before_guest, command::kExtend);
    EXPECT_EQ(status(volume), "in-use");
    EXPECT_EQ(row(volume)->size_gib, 3);
}

TEST_F(ExportFlows, AGuestThatCantBeToldSeesTheNewSizeLater) {
    const auto volume = in_use();
    guests.failure = Error(ErrorCode::Internal, "the disk doesn't answer");
    const auto flow = extend(volume);
    EXPECT_EQ(ended(flow).state, taskflow::FlowState::Succeeded);
    EXPECT_NE(decisions(flow).back().find("started again (the disk doesn't answer)"), std::string::npos);
    EXPECT_EQ(row(volume)->size_gib, 3);
}

TEST_F(ExportFlows, ASnapshotMovesNoGuestAndItsLayersAreMergedByTheStorageHost) {
    const auto volume = in_use();
    const auto id = snapshot(volume);
    EXPECT_TRUE(guests.calls.empty());
    const auto flow = remove_snapshot(id);
    EXPECT_EQ(flow.state, taskflow::FlowState::Succeeded);
    EXPECT_TRUE(was_asked(command::kFlatten));
    EXPECT_FALSE(was_asked(command::kNextMerge));
    EXPECT_NE(decisions(flow.id).back().find("1 layer merged where it is exported"), std::string::npos);
    EXPECT_TRUE(guests.calls.empty());
}

TEST_F(ExportFlows, LayersThatCantBeMergedStayAndTheSnapshotGoes) {
    const auto volume = in_use();
    const auto id = snapshot(volume);
    flatten_failure = Error(ErrorCode::NoSpace, "the disk is full");
    const auto flow = remove_snapshot(id);
    EXPECT_EQ(flow.state, taskflow::FlowState::Succeeded);
    EXPECT_NE(decisions(flow.id).back().find("stay until the volume is detached: the disk is full"), std::string::npos);
    EXPECT_FALSE(database->read_with([&](db::Transaction& tx) { return repo::find_snapshot(tx, id).has_value(); }));
}

}  // namespace
}  // namespace virga::volume
