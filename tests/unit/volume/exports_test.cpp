// Volumes that a server of another host has, by NBD: who does what, and what of it is checked.
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
    /// The storage host's inventory, with this of its exports.
    void has(const VolumeId& volume, const json::value& exports, const json::array& strays = {}) {
        host.on(command::kInventory, [=](const json::object&, const rpc::CallOptions&) {
            const json::object backend{{"name", "local"},
                                       {"volumes", json::array{json::string(volume.value)}},
                                       {"exports", exports},
                                       {"strays", strays}};
            return json::object{{"backends", json::array{backend}}};
        });
    }
    static json::object exported(const VolumeId& volume, const std::string& to) {
        return {{volume.value, json::array{json::string(to)}}};
    }
    std::string only_difference() {
        const auto found = differences({server});
        EXPECT_EQ(found.size(), 1U);
        return found.empty() ? "" : found[0];
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

TEST_F(ExportFlows, WhatIsExportedAsRecordedIsNoDifference) {
    const auto volume = in_use();
    has(volume, exported(volume, "compute1"));
    EXPECT_EQ(differences({server}), std::vector<std::string>{});
    has(volume, nullptr);  // of a backend that exports nothing, such as after a change of its settings
    EXPECT_EQ(differences({server}), std::vector<std::string>{});
}

TEST_F(ExportFlows, AnExportWithoutAnAttachmentIsADifference) {
    const auto volume = created();
    has(volume, exported(volume, "compute1"));
    EXPECT_EQ(only_difference(),
              "volume " + volume.value + " on store1@local is exported to host compute1, but no record tells of that");
}

TEST_F(ExportFlows, AnAttachmentOfAnotherHostWithoutAnExportIsADifference) {
    const auto volume = in_use();
    const auto expected = "attachment " + attachment.value + " of volume " + volume.value +
                          " is to host compute1, but store1@local doesn't export it there";
    has(volume, json::object{});
    EXPECT_EQ(only_difference(), expected);
    has(volume, json::object{{volume.value, json::array{}}});
    EXPECT_EQ(only_difference(), expected);
}

TEST_F(ExportFlows, AProcessThatExportsForNoRecordIsADifference) {
    const auto volume = in_use();
    has(volume, exported(volume, "compute1"), {"4711"});
    EXPECT_EQ(only_difference(), "process 4711 on store1@local exports a volume, but no record tells of that");
}

}  // namespace
}  // namespace virga::volume
