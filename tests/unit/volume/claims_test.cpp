#include "base/crypto.hpp"
#include "harness/test_database.hpp"
#include "unit/volume/scripted_guests.hpp"
#include "volume/flows/flows.hpp"
#include "volume/repo/quota_repo.hpp"
#include "volume/repo/snapshot_repo.hpp"

namespace virga::volume {
namespace {

class Claims : public ControlFixture {
protected:
    Claims() : dependencies{*database, config, images, host, *runner} {}

    NewVolume wanted() {
        auto request = raw();
        request.created_for = server;
        request.claim = new_uuid();
        return request;
    }
    void claim(const NewVolume& request) {
        write([&](db::Transaction& tx) { service.claim(tx, auth, request); });
    }
    void boot_ended() {
        write([&](db::Transaction& tx) { service.boot_ended(tx, server); });
    }
    std::int64_t used_volumes() {
        return database->read_with([&](db::Transaction& tx) { return repo::usage_of(tx, auth.project).volumes; });
    }
    SnapshotId snapshot_of(const VolumeId& volume) {
        const auto id = new_id<SnapshotId>();
        ended(database->write_with([&](db::Transaction& tx) {
            return flows::create_snapshot(tx, dependencies, auth, {id, volume, "s", "", {}});
        }));
        return id;
    }
    ErrorCode delete_snapshot(const SnapshotId& id) {
        return code_of(
            [&] { write([&](db::Transaction& tx) { flows::delete_snapshot(tx, dependencies, id, "req-1"); }); });
    }
    ErrorCode delete_by_user(const VolumeId& id) {
        return code_of([&] {
            write([&](db::Transaction& tx) { flows::delete_volume(tx, dependencies, id, "req-1", std::nullopt); });
        });
    }

    flows::Dependencies dependencies;
    ServerId server = new_id<ServerId>();
};

TEST_F(Claims, CountAsTheVolumeUntilItIsMade) {
    const auto request = wanted();
    claim(request);
    claim(request);
    EXPECT_EQ(used_volumes(), 1);
    created(request);
    EXPECT_EQ(used_volumes(), 1);
    write([&](db::Transaction& tx) { service.renew_claim(tx, request.claim); });
    ended(*remove(request.id));
    EXPECT_EQ(used_volumes(), 1) << "a boot that goes to another host makes it anew";
    boot_ended();
    boot_ended();
    EXPECT_EQ(used_volumes(), 0);
}

TEST_F(Claims, KeepTheirSnapshot) {
    const auto snapshot = snapshot_of(created());
    auto request = wanted();
    request.snapshot_id = snapshot.value;
    claim(request);
    EXPECT_EQ(delete_snapshot(snapshot), ErrorCode::Conflict);
    boot_ended();
    write([&](db::Transaction& tx) { flows::delete_snapshot(tx, dependencies, snapshot, "req-1"); });
}

TEST_F(Claims, ASnapshotThatIsBeingDeletedIsRefused) {
    const auto snapshot = snapshot_of(created());
    write([&](db::Transaction& tx) {
        repo::try_change(tx, *lifecycle::change_to(snapshot_change::kResets, "deleting"), snapshot);
    });
    auto request = wanted();
    request.snapshot_id = snapshot.value;
    EXPECT_EQ(code_of([&] { claim(request); }), ErrorCode::InvalidInput);
}

TEST_F(Claims, AVolumeThatABootMadeIsItsServersUntilTheBootHasEnded) {
    const auto request = wanted();
    const auto id = created(request);
    EXPECT_EQ(delete_by_user(id), ErrorCode::Conflict);
    const auto reserve = [&] {
        write([&](db::Transaction& tx) { service.reserve(tx, new_id<AttachmentId>(), id, new_id<ServerId>()); });
    };
    EXPECT_EQ(code_of(reserve), ErrorCode::Conflict);
    EXPECT_EQ(status(id), "available");
    boot_ended();
    reserve();
    EXPECT_EQ(status(id), "reserved");
}

TEST_F(Claims, TheServerItselfMayReserveIt) {
    const auto id = created(wanted());
    write([&](db::Transaction& tx) { service.reserve(tx, new_id<AttachmentId>(), id, server); });
    EXPECT_EQ(status(id), "reserved");
}

TEST(VolumeMigrations, TheReadOnlyFlagLeavesTheUsersMetadata) {
    const auto folder = std::filesystem::temp_directory_path() / ("virga-migrate-" + new_uuid());
    std::filesystem::create_directories(folder);
    {
        const test::TestDatabase place(folder);
        db::Database database(place.url());
        const auto& steps = volume::migrations();
        std::vector<db::Migration> older;
        std::copy_if(steps.begin(), steps.end(), std::back_inserter(older),
                     [](const db::Migration& step) { return step.version < 4; });
        db::migrate(database, older);
        const std::vector<std::tuple<std::string, std::string, std::string>> rows{
            {R"({"readonly":"True"})", "{}", R"({"readonly":"True"})"},
            {R"({"a":"b","readonly":"False"})", R"({"a":"b"})", R"({"readonly":"False"})"},
            {R"({"readonly":"True","z":"y"})", R"({"z":"y"})", R"({"readonly":"True"})"},
            {R"({"a":"\"readonly\":\"True\"","xreadonly":"True"})",
             R"({"a":"\"readonly\":\"True\"","xreadonly":"True"})", "{}"}};
        const auto id_of = [](std::size_t i) { return std::string("v") + std::to_string(i); };
        database.write_with([&](db::Transaction& tx) {
            for (std::size_t i = 0; i < rows.size(); ++i) {
                VolumeRecord row;
                row.id = VolumeId(id_of(i));
                row.created_for = ServerId("s");
                repo::insert(tx, row);
                tx.exec("UPDATE volumes SET metadata = ? WHERE id = ?", {std::get<0>(rows[i]), id_of(i)});
            }
        });
        db::migrate(database, steps);
        database.read_with([&](db::Transaction& tx) {
            for (std::size_t i = 0; i < rows.size(); ++i) {
                const auto row = *repo::find_volume(tx, VolumeId(id_of(i)));
                EXPECT_EQ(row.metadata, parse_object(std::get<1>(rows[i])));
                EXPECT_EQ(row.admin_metadata, parse_object(std::get<2>(rows[i])));
                EXPECT_TRUE(row.created_for.empty());
            }
        });
    }
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace virga::volume
