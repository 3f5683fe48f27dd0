#include <future>

#include "unit/volume/control_fixture.hpp"
#include "volume/flows/flows.hpp"
#include "volume/repo/message_repo.hpp"
#include "volume/repo/quota_repo.hpp"
#include "volume/repo/snapshot_repo.hpp"

namespace virga::volume {
namespace {

class VolumeFlows : public ControlFixture {
protected:
    VolumeFlows() : dependencies{*database, config, images, host, *runner} {}

    SnapshotId snapshot_of(const VolumeId& volume) {
        const auto id = new_id<SnapshotId>();
        ended(write([&](db::Transaction& tx) {
            return flows::create_snapshot(tx, dependencies, auth, {id, volume, "s", "", {}});
        }));
        return id;
    }
    std::string image() {
        image::Record record;
        record.id = new_uuid();
        record.name = "debian";
        record.status = image::ImageStatus::Active;
        record.owner = auth.project.value;
        record.disk_format = record.tool_format = "qcow2";
        record.container_format = "bare";
        record.size_bytes = 1000;
        record.virtual_size_bytes = 1LL << 30;
        record.min_ram_mib = 64;
        record.properties = {{"os_distro", "debian"}};
        record.created_us = record.updated_us = now_us();
        write([&](db::Transaction& tx) { image::repo::insert(tx, record); });
        return record.id;
    }

    flows::Dependencies dependencies;
};

TEST_F(VolumeFlows, CreatesAnEmptyVolume) {
    const auto request = raw(3);
    const auto flow = create(request);
    EXPECT_EQ(ended(flow).state, taskflow::FlowState::Succeeded);
    const auto volume = row(request.id);
    EXPECT_EQ(volume->status, VolumeStatus::Available);
    EXPECT_EQ(volume->host, ScriptedHost::kName);
    EXPECT_EQ(volume->format, "raw");
    EXPECT_FALSE(volume->bootable);
    EXPECT_GT(volume->launched_us, 0);
    EXPECT_EQ(decisions(flow).size(), 5U);
    EXPECT_TRUE(differences().empty());
}

TEST_F(VolumeFlows, CreateIsIdempotentByTheVolumesId) {
    const auto request = raw();
    const auto flow = create(request);
    EXPECT_EQ(create(request), flow);
    ended(flow);
    EXPECT_EQ(create(request), flow);
    ended(*remove(request.id));
    EXPECT_EQ(code_of([&] { create(request); }), ErrorCode::NotFound);
}

TEST_F(VolumeFlows, FromImageIsBootableAndSaysHowItWasMade) {
    auto request = raw(2);
    request.image_id = image();
    const auto flow = create(request);
    EXPECT_EQ(ended(flow).state, taskflow::FlowState::Succeeded);
    const auto volume = row(request.id);
    EXPECT_TRUE(volume->bootable);
    EXPECT_EQ(get_string(volume->image_metadata, "image_id"), request.image_id);
    EXPECT_EQ(get_string(volume->image_metadata, "os_distro"), "debian");
    EXPECT_EQ(decisions(flow)[2],
              "create from image " + request.image_id + ": base already on backend, overlay only (copied 0 bytes)");
}

TEST_F(VolumeFlows, ImageIsShownAsDownloadingAndMayBeReserved) {
    auto request = raw(2);
    request.image_id = image();
    std::promise<void> copying;
    std::promise<void> go_on;
    host.on(command::kCreateFromImage, [&](const json::object&, const rpc::CallOptions&) {
        copying.set_value();
        go_on.get_future().wait();
        return VolumeFile{"/v", "raw", 2}.to_json();
    });
    const auto flow = create(request);
    copying.get_future().wait();
    EXPECT_EQ(status(request.id), "downloading");
    const auto attachment = new_id<AttachmentId>();
    const auto server = new_id<ServerId>();
    write([&](db::Transaction& tx) { service.reserve(tx, attachment, request.id, server); });
    EXPECT_EQ(code_of([&] { service.initialize_connection(request.id, "h", {}); }), ErrorCode::Busy);
    go_on.set_value();
    EXPECT_EQ(ended(flow).state, taskflow::FlowState::Succeeded);
    EXPECT_EQ(status(request.id), "reserved");
    write([&](db::Transaction& tx) { service.detached(tx, attachment); });
    EXPECT_EQ(status(request.id), "available");
}

TEST_F(VolumeFlows, SnapshotsAndClonesInheritBootability) {
    auto source = raw(2);
    source.image_id = image();
    created(source);
    auto from_snapshot = raw(0);
    from_snapshot.snapshot_id = snapshot_of(source.id).value;
    auto clone = raw(4);
    clone.source_volid = source.id.value;
    created(from_snapshot);
    created(clone);
    EXPECT_EQ(row(from_snapshot.id)->size_gib, 2);
    EXPECT_EQ(row(clone.id)->size_gib, 4);
    for (const auto& id : {from_snapshot.id, clone.id}) {
        EXPECT_TRUE(row(id)->bootable);
        EXPECT_EQ(get_string(row(id)->image_metadata, "image_name"), "debian");
    }
    EXPECT_TRUE(differences().empty());
}

TEST_F(VolumeFlows, FailureLeavesErrorWithAReasonAndNothingOnTheHost) {
    host.on(command::kCreate, [&](const json::object&, const rpc::CallOptions&) -> json::object {
        throw Error(ErrorCode::NoSpace, "the disk is full");
    });
    const auto request = raw();
    EXPECT_EQ(ended(create(request)).state, taskflow::FlowState::Failed);
    EXPECT_EQ(status(request.id), "error");
    EXPECT_EQ(row(request.id)->error, "the disk is full");
    EXPECT_EQ(host.calls.back(), command::kDelete);
    auto tx = database->read();
    const auto messages = repo::list_messages(tx, {.project = auth.project.value, .resource_id = request.id.value});
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_NE(messages[0].text.find("the disk is full"), std::string::npos);
}

TEST_F(VolumeFlows, AHostThatComesBackIsWaitedFor) {
    std::atomic<int> tries{0};
    host.on(command::kCreate, [&](const json::object&, const rpc::CallOptions&) -> json::object {
        if (++tries < 3) throw Error(ErrorCode::Unavailable, "away");
        return VolumeFile{"/v", "raw", 1}.to_json();
    });
    const auto request = raw();
    EXPECT_EQ(ended(create(request)).state, taskflow::FlowState::Succeeded);
    EXPECT_EQ(tries, 3);
}

TEST_F(VolumeFlows, DeleteCancelsACreationThatRuns) {
    auto request = raw(2);
    request.image_id = image();
    std::promise<void> copying;
    host.on(command::kCreateFromImage, [&](const json::object&, const rpc::CallOptions& options) -> json::object {
        copying.set_value();
        while (!options.cancelled()) std::this_thread::yield();
        throw Error(ErrorCode::Cancelled, "cancelled");
    });
    const auto flow = create(request);
    copying.get_future().wait();
    const auto deletion = remove(request.id);
    ASSERT_TRUE(deletion.has_value());
    EXPECT_FALSE(remove(request.id).has_value());
    EXPECT_EQ(ended(*deletion).state, taskflow::FlowState::Succeeded);
    EXPECT_EQ(ended(flow).state, taskflow::FlowState::Failed);
    EXPECT_EQ(status(request.id), "gone");
    EXPECT_TRUE(differences().empty());
}

TEST_F(VolumeFlows, DeleteRemovesTheDataThenTheRow) {
    const auto id = created();
    EXPECT_TRUE(host.has(id.value));
    EXPECT_EQ(ended(*remove(id)).state, taskflow::FlowState::Succeeded);
    EXPECT_FALSE(host.has(id.value));
    EXPECT_EQ(status(id), "gone");
    EXPECT_FALSE(remove(id).has_value());
}

TEST_F(VolumeFlows, AFailedDeleteCanBeRepeated) {
    const auto id = created();
    host.fail(command::kDelete, ErrorCode::Internal, "the file system is broken");
    EXPECT_EQ(ended(*remove(id)).state, taskflow::FlowState::Failed);
    EXPECT_EQ(status(id), "error_deleting");
    EXPECT_EQ(row(id)->error, "the file system is broken");
    host.restore(command::kDelete);
    ended(*remove(id));
    EXPECT_EQ(status(id), "gone");
}

TEST_F(VolumeFlows, SnapshotsHoldTheirVolume) {
    const auto id = created();
    const auto snapshot = snapshot_of(id);
    EXPECT_EQ(code_of([&] { remove(id); }), ErrorCode::InvalidInput);
    EXPECT_EQ(status(id), "available");
    const auto flow = write([&](db::Transaction& tx) {
        return flows::delete_volume(tx, dependencies, id, "req", std::nullopt, {false, true});
    });
    EXPECT_EQ(ended(*flow).state, taskflow::FlowState::Succeeded);
    EXPECT_FALSE(host.has(snapshot.value));
    EXPECT_TRUE(differences().empty());
}

TEST_F(VolumeFlows, DeletingASnapshotWaitsForVolumesMadeFromIt) {
    const auto id = created();
    auto request = raw();
    request.snapshot_id = snapshot_of(id).value;
    std::promise<void> copying;
    std::promise<void> go_on;
    host.on(command::kCreateFromSnapshot, [&](const json::object& params, const rpc::CallOptions&) {
        copying.set_value();
        go_on.get_future().wait();
        EXPECT_TRUE(host.has(get_string(params, "snapshot_id")));
        return VolumeFile{"/v", "raw", 1}.to_json();
    });
    const auto flow = create(request);
    copying.get_future().wait();
    const auto deletion = write([&](db::Transaction& tx) {
        return flows::delete_snapshot(tx, dependencies, SnapshotId(request.snapshot_id), "req");
    });
    EXPECT_FALSE(runner->wait(*deletion, std::chrono::milliseconds(50)));
    go_on.set_value();
    EXPECT_EQ(ended(flow).state, taskflow::FlowState::Succeeded);
    EXPECT_EQ(ended(*deletion).state, taskflow::FlowState::Succeeded);
    EXPECT_FALSE(host.has(request.snapshot_id));
}

TEST_F(VolumeFlows, ExtendGrowsOrGoesBack) {
    const auto id = created();
    const auto extend = [&](std::int64_t size) {
        return write(
            [&](db::Transaction& tx) { return flows::extend_volume(tx, dependencies, auth, id, size, false); });
    };
    EXPECT_EQ(code_of([&] { extend(1); }), ErrorCode::InvalidInput);
    EXPECT_EQ(ended(extend(3)).state, taskflow::FlowState::Succeeded);
    EXPECT_EQ(status(id), "available");
    EXPECT_EQ(row(id)->size_gib, 3);
    host.fail(command::kExtend, ErrorCode::NoSpace, "full");
    EXPECT_EQ(ended(extend(4)).state, taskflow::FlowState::Failed);
    EXPECT_EQ(status(id), "error_extending");
    EXPECT_EQ(row(id)->size_gib, 3);
}

TEST_F(VolumeFlows, QuotaIsCountedFromRows) {
    write([&](db::Transaction& tx) {
        repo::set_limit(tx, auth.project, "volumes", 2);
        repo::set_limit(tx, auth.project, "gigabytes", 5);
    });
    const auto first = created(raw(3));
    EXPECT_EQ(code_of([&] { create(raw(3)); }), ErrorCode::QuotaExceeded);
    created(raw(1));
    EXPECT_EQ(code_of([&] { create(raw(1)); }), ErrorCode::QuotaExceeded);
    ended(*remove(first));
    created(raw(4));
}

TEST_F(VolumeFlows, CheckFindsWhatDiffers) {
    const auto id = created();
    host.lose(id.value);
    ASSERT_EQ(differences().size(), 1U);
    EXPECT_NE(differences()[0].find(id.value), std::string::npos);
    write([&](db::Transaction& tx) { reset(tx, id, "detaching"); });
    EXPECT_EQ(differences().size(), 2U);
}

}  // namespace
}  // namespace virga::volume
