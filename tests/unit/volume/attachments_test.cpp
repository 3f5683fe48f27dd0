#include "unit/volume/control_fixture.hpp"
#include "volume/repo/message_repo.hpp"

namespace virga::volume {
namespace {

class Attachments : public ControlFixture {
protected:
    void reserve(const AttachmentId& id, const VolumeId& volume, const ServerId& owner) {
        write([&](db::Transaction& tx) { service.reserve(tx, id, volume, owner); });
    }
    void connect(const AttachmentId& id, const std::string& on_host) {
        write([&](db::Transaction& tx) { service.connected(tx, id, on_host, "vdb", {{"serial", "x"}}); });
    }
    void complete(const AttachmentId& id) {
        write([&](db::Transaction& tx) { service.complete(tx, id); });
    }
    void detached(const AttachmentId& id) {
        write([&](db::Transaction& tx) { service.detached(tx, id); });
    }

    ServerId server = new_id<ServerId>();
    AttachmentId attachment = new_id<AttachmentId>();
};

TEST_F(Attachments, TheWholeLifeOfOne) {
    const auto volume = created();
    reserve(attachment, volume, server);
    reserve(attachment, volume, server);
    EXPECT_EQ(status(volume), "reserved");
    const auto info = service.initialize_connection(volume, ScriptedHost::kName, {});
    EXPECT_EQ(get_string(info, "serial"), volume.value);
    EXPECT_EQ(get_string(get_object(info, "data"), "format"), "raw");
    connect(attachment, "h1");
    EXPECT_EQ(status(volume), "attaching");
    complete(attachment);
    complete(attachment);
    EXPECT_EQ(status(volume), "in-use");
    EXPECT_EQ(row(volume)->attach_status, AttachStatus::Attached);
    EXPECT_TRUE(differences({server}).empty());
    EXPECT_FALSE(differences().empty());  // the server is gone
    EXPECT_EQ(code_of([&] { remove(volume); }), ErrorCode::InvalidInput);
    write([&](db::Transaction& tx) { service.begin_detaching(tx, volume); });
    EXPECT_EQ(status(volume), "detaching");
    EXPECT_EQ(code_of([&] { write([&](db::Transaction& tx) { service.begin_detaching(tx, volume); }); }),
              ErrorCode::InvalidInput);
    const json::object data;
    taskflow::TaskContext context{
        .flow = new_id<FlowId>(), .project_id = auth.project.value, .data = data, .db = *database};
    write([&](db::Transaction& tx) { service.roll_detaching(tx, volume, context, "the guest refused"); });
    repo::MessageFilter filter;
    filter.resource_id = volume.value;
    const auto messages = database->read_with([&](db::Transaction& tx) { return repo::list_messages(tx, filter); });
    EXPECT_NE(messages.at(0).text.find("the guest refused"), std::string::npos);
    EXPECT_EQ(status(volume), "in-use");
    detached(attachment);
    detached(attachment);
    EXPECT_EQ(status(volume), "available");
    EXPECT_EQ(row(volume)->attach_status, AttachStatus::Detached);
}

TEST_F(Attachments, AHostThatTellsAnotherOneToOpenAFileIsNotBelieved) {
    const auto volume = created();
    const auto told = [&](const json::object& info, const std::string& connector_host) {
        host.on(command::kInitializeConnection, [&](const json::object&, const rpc::CallOptions&) { return info; });
        try {
            service.initialize_connection(volume, connector_host, {});
            return ErrorCode::Internal;
        } catch (const Error& failure) {
            EXPECT_NE(failure.message().find(volume.value), std::string::npos);
            return failure.code();
        }
    };
    const json::object file{{"driver_volume_type", "local"},
                            {"data", json::object{{"path", "/v/x"}, {"format", "raw"}}}};
    EXPECT_EQ(told(file, "compute1"), ErrorCode::Corrupt);
    EXPECT_EQ(told(file, ScriptedHost::kName), ErrorCode::Internal) << "it is there";
    const auto exported = [&](const std::string& name) {
        const json::object data{{"host", "10.0.0.1"}, {"port", 10809}, {"export", name}};
        return json::object{{"driver_volume_type", "nbd"}, {"data", data}};
    };
    EXPECT_EQ(told(exported(new_uuid()), "compute1"), ErrorCode::Corrupt);
    EXPECT_EQ(told(exported(volume.value), "compute1"), ErrorCode::Internal);
    const json::object nowhere{{"driver_volume_type", "nfs"},
                               {"data", json::object{{"path", "/v/x"}, {"format", "raw"}}}};
    for (const auto& odd : {nowhere, json::object{{"data", file.at("data")}},
                            json::object{{"driver_volume_type", "iscsi"}}, json::object{}})
        EXPECT_EQ(told(odd, ScriptedHost::kName), ErrorCode::Corrupt) << json::serialize(odd);
}

TEST_F(Attachments, AVolumeHasOneServer) {
    const auto volume = created();
    reserve(attachment, volume, server);
    EXPECT_EQ(code_of([&] { reserve(new_id<AttachmentId>(), volume, new_id<ServerId>()); }), ErrorCode::InvalidInput);
    connect(attachment, "h1");
    complete(attachment);
    EXPECT_EQ(code_of([&] { reserve(new_id<AttachmentId>(), volume, new_id<ServerId>()); }), ErrorCode::InvalidInput);
}

TEST_F(Attachments, LiveMigrationMayReserveAgainButNotConnectASecondHost) {
    const auto volume = created();
    reserve(attachment, volume, server);
    connect(attachment, "h1");
    complete(attachment);
    const auto second = new_id<AttachmentId>();
    reserve(second, volume, server);
    EXPECT_EQ(code_of([&] { connect(second, "h2"); }), ErrorCode::Conflict);
    detached(second);
    EXPECT_EQ(status(volume), "in-use");
}

TEST_F(Attachments, MultiattachKeepsInUseUntilTheLastOneGoes) {
    const auto volume = created();
    write([&](db::Transaction& tx) { tx.exec("UPDATE volumes SET multiattach = 1 WHERE id = ?", {volume.value}); });
    const auto second = new_id<AttachmentId>();
    for (const auto& id : {attachment, second}) {
        reserve(id, volume, new_id<ServerId>());
        connect(id, id == second ? "h2" : "h1");
        complete(id);
        EXPECT_EQ(status(volume), "in-use");
    }
    detached(attachment);
    EXPECT_EQ(status(volume), "in-use");
    detached(second);
    EXPECT_EQ(status(volume), "available");
}

TEST_F(Attachments, ErrorVolumesAreRefused) {
    const auto volume = created();
    write([&](db::Transaction& tx) { reset(tx, volume, "error_extending"); });
    EXPECT_EQ(code_of([&] { reserve(attachment, volume, server); }), ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace virga::volume
