#include "unit/volume/control_fixture.hpp"
#include "volume/flows/flows.hpp"
#include "volume/repo/message_repo.hpp"
#include "volume/repo/type_repo.hpp"

namespace virga::volume {
namespace {

class Retype : public ControlFixture {
protected:
    VolumeType make_type(const std::string& name, json::object specs = {}) {
        const VolumeType type{new_uuid(), name, "", true, std::move(specs), {}, now_us()};
        write([&](db::Transaction& tx) { repo::insert(tx, type); });
        return type;
    }
    FlowId retype(db::Transaction& tx, const VolumeId& id, const std::string& type) {
        return flows::retype_volume(tx, dependencies, auth, id, type, false);
    }
    std::string type_of(const VolumeId& id) { return row(id)->volume_type; }

    flows::Dependencies dependencies{*database, config, images, host, *runner};
};

TEST_F(Retype, OnlyTheRowChanges) {
    const auto id = created();
    make_type("other", {{"multiattach", "<is> True"}});
    const auto calls = host.calls.size();
    const auto flow = write([&](db::Transaction& tx) {
        auto started = retype(tx, id, "other");
        EXPECT_EQ(repo::get_volume(tx, id).status, VolumeStatus::Retyping);
        return started;
    });
    ended(flow);
    EXPECT_EQ(status(id), "available");
    EXPECT_EQ(type_of(id), "other");
    EXPECT_TRUE(row(id)->multiattach);
    EXPECT_EQ(host.calls.size(), calls);
    EXPECT_TRUE(differences().empty());
}

TEST_F(Retype, ATypeThatIsDeletedMeanwhileLeavesTheVolumeAsItWas) {
    const auto id = created();
    const auto old_type = type_of(id);
    const auto other = make_type("other");
    const auto flow = write([&](db::Transaction& tx) {
        auto started = retype(tx, id, "other");
        repo::delete_type(tx, other.id);
        return started;
    });
    ended(flow);
    EXPECT_EQ(status(id), "available");
    EXPECT_EQ(type_of(id), old_type);
    const auto messages = database->read_with([&](db::Transaction& tx) {
        return repo::list_messages(tx, {.project = auth.project.value, .resource_id = id.value});
    });
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_EQ(messages[0].event_id, "VOLUME_VOLUME_RETYPE");
}

TEST_F(Retype, RefusalsChangeNothing) {
    const auto id = created();
    const auto old_type = type_of(id);
    make_type("elsewhere", {{"volume_backend_name", "elsewhere"}});
    for (const auto& type : {old_type, std::string("elsewhere")}) {
        EXPECT_EQ(code_of([&] { write([&](db::Transaction& tx) { retype(tx, id, type); }); }), ErrorCode::InvalidInput);
    }
    host.up = false;
    make_type("other");
    EXPECT_EQ(code_of([&] { write([&](db::Transaction& tx) { retype(tx, id, "other"); }); }), ErrorCode::Conflict);
    host.up = true;
    EXPECT_EQ(status(id), "available");
    EXPECT_EQ(type_of(id), old_type);
}

TEST_F(Retype, AForcedDeleteWins) {
    const auto id = created();
    make_type("other");
    const auto flows = write([&](db::Transaction& tx) {
        auto started = retype(tx, id, "other");
        auto deleting = flows::delete_volume(tx, dependencies, id, "req-2", std::nullopt, {.force = true});
        return std::pair(started, *deleting);
    });
    ended(flows.first);
    ended(flows.second);
    EXPECT_EQ(status(id), "gone");
    EXPECT_TRUE(differences().empty());
}

}  // namespace
}  // namespace virga::volume
