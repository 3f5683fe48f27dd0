#include <future>

#include "unit/volume/scripted_guests.hpp"
#include "volume/flows/flows.hpp"
#include "volume/repo/attachment_repo.hpp"
#include "volume/repo/message_repo.hpp"
#include "volume/repo/snapshot_repo.hpp"
#include "volume/repo/type_repo.hpp"

namespace virga::volume {
namespace {

const std::string kSecond = "store1@second";

class Move : public ControlFixture {
protected:
    Move() : dependencies{*database, config, images, host, *runner, &guests} {
        service.use(guests);
        make_type("first", "local");
        make_type("other", "second");
        host.backends = {"local", "second"};
    }

    VolumeType make_type(const std::string& name, const std::string& backend) {
        const VolumeType type{new_uuid(), name, "", true, {{"volume_backend_name", backend}}, {}, now_us()};
        write([&](db::Transaction& tx) { repo::insert(tx, type); });
        return type;
    }
    /// On "local", of a type that may be on any backend.
    VolumeId volume() {
        auto request = raw();
        request.volume_type = "first";
        const auto id = created(request);
        write([&](db::Transaction& tx) { repo::set_type(tx, id, any_type(tx), false); });
        return id;
    }
    static std::string any_type(db::Transaction& tx) { return repo::get_type(tx, "__DEFAULT__").id; }
    VolumeId in_use() {
        const auto id = volume();
        const auto attachment = new_id<AttachmentId>();
        write([&](db::Transaction& tx) { service.reserve(tx, attachment, id, server); });
        const auto info = service.initialize_connection(id, ScriptedHost::kName, {});
        write([&](db::Transaction& tx) {
            service.connected(tx, attachment, ScriptedHost::kName, "vdb", info);
            service.complete(tx, attachment);
        });
        EXPECT_EQ(status(id), "in-use");
        attachment_ = attachment;
        return id;
    }
    FlowId migrate(const VolumeId& id, const std::string& to = kSecond, bool lock = false) {
        return write([&](db::Transaction& tx) { return flows::migrate_volume(tx, dependencies, auth, id, to, lock); });
    }
    ErrorCode refusal(const VolumeId& id, const std::string& to = kSecond) {
        return code_of([&] { migrate(id, to); });
    }
    FlowId retype(const VolumeId& id, const std::string& type, bool may_move) {
        return write(
            [&](db::Transaction& tx) { return flows::retype_volume(tx, dependencies, auth, id, type, may_move); });
    }
    std::string recorded_path(const VolumeId& id) {
        const auto items = database->read_with([&](db::Transaction& tx) { return repo::attachments_of(tx, id); });
        return items.empty() ? "" : get_string(get_object(items[0].connection_info, "data"), "path");
    }
    void expect_at(const VolumeId& id, const std::string& backend, const std::string& migration_status) {
        const auto found = *row(id);
        EXPECT_EQ(found.backend, backend);
        EXPECT_EQ(word(found.migration_status), migration_status);
        EXPECT_FALSE(found.is_moving());
        EXPECT_TRUE(host.has_on(backend, id.value));
        EXPECT_FALSE(host.has_on(backend == "local" ? "second" : "local", id.value));
        EXPECT_EQ(differences({server}), std::vector<std::string>{});
    }
    std::vector<Message> messages(const VolumeId& id) {
        return database->read_with([&](db::Transaction& tx) {
            return repo::list_messages(tx, {.project = auth.project.value, .resource_id = id.value});
        });
    }
    /// Keeps a copy from ending until the promise is kept.
    std::promise<void> held_copy() {
        std::promise<void> promise;
        auto future = promise.get_future().share();
        host.on(command::kCopyHere, [future](const json::object& params, const rpc::CallOptions& options) {
            while (future.wait_for(std::chrono::milliseconds(5)) != std::future_status::ready) {
                if (options.cancelled && options.cancelled()) throw Error(ErrorCode::Cancelled, "cancelled");
            }
            return VolumeFile{"/second/" + get_string(params, "volume_id"), "raw", 1}.to_json();
        });
        return promise;
    }

    ScriptedGuests guests;
    flows::Dependencies dependencies;
    ServerId server = new_id<ServerId>();
    AttachmentId attachment_;
};

TEST_F(Move, OfADetachedVolume) {
    const auto id = volume();
    EXPECT_EQ(ended(migrate(id)).state, taskflow::FlowState::Succeeded);
    expect_at(id, "second", "success");
    EXPECT_EQ(row(id)->path, "/second/" + id.value);
    EXPECT_EQ(status(id), "available");
    EXPECT_EQ(ended(migrate(id, "store1@local#local")).state, taskflow::FlowState::Succeeded);
    expect_at(id, "local", "success");
    EXPECT_TRUE(guests.calls.empty());
}

TEST_F(Move, TakesRoomOnBothBackends) {
    const auto id = volume();
    auto copying = held_copy();
    const auto flow = migrate(id);
    const auto sums = database->read_with([&](db::Transaction& tx) { return repo::provisioned_gib(tx); });
    EXPECT_EQ(sums.at("store1@local"), 1);
    EXPECT_EQ(sums.at(kSecond), 1);
    EXPECT_TRUE(row(id)->is_moving());
    copying.set_value();
    ended(flow);
}

TEST_F(Move, ACopyThatFailsLeavesTheVolumeWhereItWas) {
    const auto id = volume();
    host.fail(command::kCopyHere, ErrorCode::NoSpace, "no room there");
    EXPECT_EQ(ended(migrate(id)).state, taskflow::FlowState::Failed);
    expect_at(id, "local", "error");
    EXPECT_EQ(status(id), "available");
    ASSERT_EQ(messages(id).size(), 1U);
    EXPECT_NE(messages(id)[0].text.find("no room there"), std::string::npos);
    host.restore(command::kCopyHere);
    EXPECT_EQ(ended(migrate(id)).state, taskflow::FlowState::Succeeded);
    expect_at(id, "second", "success");
}

TEST_F(Move, WhatIsRefused) {
    const auto id = volume();
    for (const auto* to :
         {"store1@local", "store1@local#local", "store1@none", "nowhere", "store1", "@", "store1@second#x"})
        EXPECT_EQ(refusal(id, to), ErrorCode::InvalidInput) << to;
    host.other_hosts["store2"] = {"second"};
    EXPECT_EQ(refusal(id, "store2@second"), ErrorCode::InvalidInput) << "another storage host";
    auto bound = raw();
    bound.volume_type = "first";
    EXPECT_EQ(refusal(created(bound)), ErrorCode::InvalidInput) << "its type is for the other backend";
    const auto snapshot = new_id<SnapshotId>();
    ended(write([&](db::Transaction& tx) {
        return flows::create_snapshot(tx, dependencies, auth, {snapshot, id, "s", "", {}, false});
    }));
    EXPECT_EQ(refusal(id), ErrorCode::InvalidInput) << "snapshots";
    EXPECT_EQ(code_of([&] { retype(id, "other", true); }), ErrorCode::InvalidInput) << "snapshots";
    const auto grouped = volume();
    write([&](db::Transaction& tx) { tx.exec("UPDATE volumes SET group_id = 'g' WHERE id = ?", {grouped.value}); });
    EXPECT_EQ(refusal(grouped), ErrorCode::InvalidInput);
    EXPECT_EQ(code_of([&] { retype(grouped, "__DEFAULT__", false); }), ErrorCode::InvalidInput);
    const auto foreign = volume();
    write([&](db::Transaction& tx) {
        const auto attachment = new_id<AttachmentId>();
        service.reserve(tx, attachment, foreign, ServerId(""));
        service.connected(tx, attachment, "laptop", "vdb", {});
        service.complete(tx, attachment);
    });
    EXPECT_EQ(refusal(foreign), ErrorCode::InvalidInput) << "in use by no server";
    const auto shared = in_use();
    write([&](db::Transaction& tx) { tx.exec("UPDATE volumes SET multiattach = 1 WHERE id = ?", {shared.value}); });
    EXPECT_EQ(refusal(shared), ErrorCode::InvalidInput) << "multiattach, in use";
}

TEST_F(Move, KeepsOthersOut) {
    const auto id = volume();
    auto copying = held_copy();
    const auto flow = migrate(id);
    EXPECT_EQ(status(id), "available");
    EXPECT_EQ(refusal(id), ErrorCode::InvalidInput) << "twice";
    EXPECT_EQ(code_of([&] { retype(id, "other", true); }), ErrorCode::InvalidInput);
    EXPECT_EQ(
        code_of([&] { write([&](db::Transaction& tx) { service.reserve(tx, new_id<AttachmentId>(), id, server); }); }),
        ErrorCode::InvalidInput);
    EXPECT_EQ(code_of([&] {
                  write([&](db::Transaction& tx) { flows::extend_volume(tx, dependencies, auth, id, 2, true); });
              }),
              ErrorCode::InvalidInput);
    auto clone = raw();
    clone.source_volid = id.value;
    EXPECT_EQ(code_of([&] { create(clone); }), ErrorCode::InvalidInput);
    copying.set_value();
    ended(flow);
    EXPECT_EQ(status(id), "available");
}

TEST_F(Move, ADeletionEndsIt) {
    const auto id = volume();
    auto copying = held_copy();
    const auto flow = migrate(id);
    const auto deletion = *remove(id);
    ended(flow);
    ended(deletion);
    EXPECT_EQ(status(id), "gone");
    EXPECT_FALSE(host.has(id.value));
    EXPECT_TRUE(differences().empty());
    copying.set_value();
}

TEST_F(Move, ALockedOneCantBeDeleted) {
    const auto id = volume();
    auto copying = held_copy();
    const auto flow = migrate(id, kSecond, true);
    EXPECT_EQ(status(id), "maintenance");
    EXPECT_EQ(code_of([&] { remove(id); }), ErrorCode::InvalidInput);
    copying.set_value();
    ended(flow);
    EXPECT_EQ(status(id), "available");
}

TEST_F(Move, RowsFirstThenTheGuest) {
    const auto id = in_use();
    std::string recorded;
    std::string backend;
    guests.before = [&](const std::string& call) {
        if (!call.starts_with("pivot")) return;
        recorded = recorded_path(id);
        backend = row(id)->backend;
    };
    EXPECT_EQ(ended(migrate(id)).state, taskflow::FlowState::Succeeded);
    const auto file = "/second/" + id.value;
    EXPECT_EQ(guests.calls, (std::vector<std::string>{"mirror " + file, "mirror " + file, "pivot " + file}));
    EXPECT_EQ(recorded, file);
    EXPECT_EQ(backend, "second");
    EXPECT_EQ(guests.path, file) << "of the server";
    EXPECT_EQ(guests.actions, std::vector<std::string>{"swap_volume"});
    expect_at(id, "second", "success");
    EXPECT_EQ(status(id), "in-use");
}

TEST_F(Move, WithoutARunningGuestTheHostCopies) {
    const auto id = in_use();
    guests.runs = false;
    std::vector<FlowId> holding;
    host.on(command::kCopyHere, [&](const json::object& params, const rpc::CallOptions&) {
        holding = database->read_with([&](db::Transaction& tx) { return service.flows_holding(tx, server); });
        return VolumeFile{"/second/" + get_string(params, "volume_id"), "raw", 1}.to_json();
    });
    const auto flow = migrate(id);
    ended(flow);
    EXPECT_EQ(holding, std::vector<FlowId>{flow}) << "the server isn't started meanwhile";
    EXPECT_TRUE(database->read_with([&](db::Transaction& tx) { return service.flows_holding(tx, server); }).empty());
    EXPECT_EQ(row(id)->backend, "second");
    EXPECT_EQ(recorded_path(id), "/second/" + id.value);
}

TEST_F(Move, AGuestThatLostItsMirrorIsRight) {
    const auto id = in_use();
    guests.before = [&](const std::string& call) {
        if (call.starts_with("pivot")) guests.failure = Error(ErrorCode::Conflict, "the target is broken");
    };
    EXPECT_EQ(ended(migrate(id)).state, taskflow::FlowState::Failed);
    expect_at(id, "local", "error");
    EXPECT_EQ(status(id), "in-use");
    EXPECT_EQ(row(id)->path, "/local/" + id.value);
    EXPECT_EQ(recorded_path(id), "/local/" + id.value);
    EXPECT_EQ(guests.path, "/local/" + id.value);
    EXPECT_EQ(guests.calls.back(), "end_mirror");
    EXPECT_TRUE(database->read_with([&](db::Transaction& tx) { return service.flows_holding(tx, server); }).empty());
}

TEST_F(Move, AServerThatIsDeletedMeanwhile) {
    const auto id = in_use();
    guests.before = [&](const std::string& call) {
        if (!call.starts_with("mirror") || guests.calls.size() > 1) return;
        write([&](db::Transaction& tx) { service.detached(tx, attachment_); });
        guests.runs = false;
    };
    EXPECT_EQ(ended(migrate(id)).state, taskflow::FlowState::Succeeded);
    expect_at(id, "second", "success");
    EXPECT_EQ(status(id), "available");
}

TEST_F(Move, OldDataThatCantBeDeletedIsShown) {
    const auto id = volume();
    host.on(command::kDelete, [&](const json::object& params, const rpc::CallOptions&) -> json::object {
        if (get_string(params, "backend") == "local") throw Error(ErrorCode::Internal, "the disk is broken");
        return {};
    });
    EXPECT_EQ(ended(migrate(id)).state, taskflow::FlowState::Succeeded);
    EXPECT_EQ(row(id)->backend, "second");
    const auto found = differences();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_NE(found[0].find("has data on store1@local"), std::string::npos) << found[0];
}

TEST_F(Move, ByARetype) {
    const auto id = volume();
    EXPECT_EQ(code_of([&] { retype(id, "other", false); }), ErrorCode::InvalidInput) << "never";
    const auto flow = retype(id, "other", true);
    EXPECT_EQ(ended(flow).state, taskflow::FlowState::Succeeded);
    expect_at(id, "second", "success");
    EXPECT_EQ(row(id)->volume_type, "other");
    EXPECT_EQ(status(id), "available");
}

TEST_F(Move, ByARetypeWhileInUse) {
    const auto id = in_use();
    std::string meanwhile;
    guests.before = [&](const std::string&) { meanwhile = status(id); };
    ended(retype(id, "other", true));
    EXPECT_EQ(meanwhile, "retyping");
    expect_at(id, "second", "success");
    EXPECT_EQ(row(id)->volume_type, "other");
    EXPECT_EQ(status(id), "in-use");
}

TEST_F(Move, ByARetypeThatFails) {
    const auto id = volume();
    const auto type = row(id)->volume_type;
    const auto other = make_type("vanishing", "second");
    host.on(command::kCopyHere, [&](const json::object& params, const rpc::CallOptions&) {
        write([&](db::Transaction& tx) { repo::delete_type(tx, other.id); });
        return VolumeFile{"/second/" + get_string(params, "volume_id"), "raw", 1}.to_json();
    });
    EXPECT_EQ(ended(retype(id, "vanishing", true)).state, taskflow::FlowState::Failed);
    expect_at(id, "local", "error");
    EXPECT_EQ(row(id)->volume_type, type);
    EXPECT_EQ(status(id), "available");
    ASSERT_EQ(messages(id).size(), 1U);
    EXPECT_EQ(messages(id)[0].event_id, "VOLUME_VOLUME_RETYPE");
}

}  // namespace
}  // namespace virga::volume
