#include "volume/flows/backups.hpp"

#include <future>
#include <thread>

#include "unit/volume/scripted_guests.hpp"
#include "volume/flows/attachments.hpp"
#include "volume/flows/flows.hpp"
#include "volume/repo/backup_repo.hpp"
#include "volume/repo/message_repo.hpp"

namespace virga::volume {
namespace {

class BackupsTest : public ControlFixture {
protected:
    BackupsTest() { service.use(guests); }

    flows::NewBackup request_for(const VolumeId& volume) {
        flows::NewBackup request;
        request.id = new_id<BackupId>();
        request.volume = volume;
        return request;
    }
    FlowId back_up(const flows::NewBackup& request) {
        return write([&](db::Transaction& tx) { return flows::create_backup(tx, d, auth, request); });
    }
    BackupId backed_up(const VolumeId& volume, bool incremental = false) {
        auto request = request_for(volume);
        request.incremental = incremental;
        EXPECT_EQ(ended(back_up(request)).state, taskflow::FlowState::Succeeded);
        return request.id;
    }
    std::optional<FlowId> drop(const BackupId& id, bool force = false) {
        return write([&](db::Transaction& tx) { return flows::delete_backup(tx, d, id, "req-3", force); });
    }
    std::optional<BackupRecord> backup_row(const BackupId& id) {
        return database->read_with([&](db::Transaction& tx) { return repo::find_backup(tx, id); });
    }
    std::string backup_status(const BackupId& id) {
        const auto backup = backup_row(id);
        return backup ? text_of(backup->status) : "gone";
    }
    /// A volume that a server has.
    VolumeId in_use() {
        const auto volume = created();
        const auto attachment = new_id<AttachmentId>();
        write([&](db::Transaction& tx) {
            service.reserve(tx, attachment, volume, new_id<ServerId>());
            service.connected(tx, attachment, "host", "/dev/vdb", {});
            service.complete(tx, attachment);
        });
        return volume;
    }

    ScriptedGuests guests;
    flows::Dependencies d{*database, config, images, host, *runner, &guests};
};

TEST_F(BackupsTest, AFailureIsToldAndLeavesNothing) {
    const auto volume = created();
    host.fail(command::kCreateBackup, ErrorCode::NoSpace, "No space is left in the directory of backups.");
    const auto request = request_for(volume);
    EXPECT_EQ(ended(back_up(request)).state, taskflow::FlowState::Failed);
    EXPECT_EQ(backup_status(request.id), "error");
    EXPECT_NE(backup_row(request.id)->fail_reason.find("No space"), std::string::npos);
    EXPECT_EQ(status(volume), "available");
    EXPECT_NE(std::find(host.calls.begin(), host.calls.end(), command::kDeleteBackup), host.calls.end());
    auto tx = database->read();
    const auto messages = repo::list_messages(tx, {.project = auth.project.value, .resource_id = request.id.value});
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_NE(messages[0].text.find("No space"), std::string::npos);
}

TEST_F(BackupsTest, AVolumeInUseIsReadFromATemporaryCopy) {
    const auto volume = in_use();
    auto request = request_for(volume);
    EXPECT_EQ(code_of([&] { back_up(request); }), ErrorCode::InvalidInput);
    request.force = true;
    std::string read_from;
    host.on(command::kCreateBackup, [&](const json::object& params, const rpc::CallOptions&) {
        read_from = get_string(params, "volume_id");
        EXPECT_TRUE(host.has(read_from));
        EXPECT_EQ(get_string(params, "origin_id"), volume.value);
        return json::object{};
    });
    EXPECT_EQ(ended(back_up(request)).state, taskflow::FlowState::Succeeded);
    EXPECT_EQ(read_from, backup_source_id(request.id));
    EXPECT_FALSE(host.has(read_from));
    EXPECT_EQ(status(volume), "in-use");
}

TEST_F(BackupsTest, AVolumeThatCantBeFrozenIsRefused) {
    const auto volume = in_use();
    write([&](db::Transaction& tx) { tx.exec("UPDATE volumes SET multiattach = 1", {}); });
    auto request = request_for(volume);
    request.force = true;
    EXPECT_EQ(code_of([&] { back_up(request); }), ErrorCode::InvalidInput);
    EXPECT_EQ(backup_status(request.id), "gone");
    EXPECT_EQ(status(volume), "in-use");
}

TEST_F(BackupsTest, NothingElseHappensToAVolumeMeanwhile) {
    const auto volume = created();
    std::promise<void> release;
    host.on(command::kCreateBackup,
            [&, released = release.get_future().share()](const json::object&, const rpc::CallOptions&) {
                released.wait();
                return json::object{};
            });
    const auto request = request_for(volume);
    const auto flow = back_up(request);
    EXPECT_EQ(status(volume), "backing-up");
    EXPECT_EQ(code_of([&] { remove(volume); }), ErrorCode::InvalidInput);
    EXPECT_EQ(code_of([&] { back_up(request_for(volume)); }), ErrorCode::InvalidInput);
    EXPECT_EQ(code_of([&] {
                  write([&](db::Transaction& tx) {
                      return service.reserve(tx, new_id<AttachmentId>(), volume, new_id<ServerId>());
                  });
              }),
              ErrorCode::InvalidInput);
    EXPECT_TRUE(differences().empty());
    release.set_value();
    ended(flow);
    EXPECT_EQ(status(volume), "available");
    EXPECT_EQ(backup_status(request.id), "available");
}

TEST_F(BackupsTest, ADeletedVolumeTakesItsRunningBackupAlong) {
    const auto volume = created();
    host.on(command::kCreateBackup, [&](const json::object&, const rpc::CallOptions& options) -> json::object {
        while (!options.cancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
        throw Error(ErrorCode::Cancelled, "the command was cancelled");
    });
    const auto request = request_for(volume);
    const auto backup = back_up(request);
    const auto gone = write([&](db::Transaction& tx) {
        return flows::delete_volume(tx, d, volume, "req-4", std::nullopt, {.force = true});
    });
    ended(*gone);
    EXPECT_EQ(status(volume), "gone");
    EXPECT_EQ(ended(backup).state, taskflow::FlowState::Failed);
    EXPECT_EQ(backup_status(request.id), "error");
}

TEST_F(BackupsTest, DeletingOutranksMaking) {
    const auto volume = created();
    host.on(command::kCreateBackup, [&](const json::object&, const rpc::CallOptions& options) -> json::object {
        while (!options.cancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
        throw Error(ErrorCode::Cancelled, "the command was cancelled");
    });
    const auto request = request_for(volume);
    back_up(request);
    ended(*drop(request.id));
    EXPECT_EQ(backup_status(request.id), "gone");
    EXPECT_EQ(status(volume), "available");
    EXPECT_TRUE(differences().empty());
}

TEST_F(BackupsTest, ChainsAreDeletedFromTheirEnd) {
    const auto volume = created();
    const auto full = backed_up(volume);
    const auto increment = backed_up(volume, true);
    EXPECT_EQ(backup_row(increment)->parent, full.value);
    EXPECT_EQ(code_of([&] { drop(full); }), ErrorCode::InvalidInput);
    EXPECT_EQ(code_of([&] { drop(full, true); }), ErrorCode::InvalidInput);
    EXPECT_EQ(backup_status(full), "available");
    ended(*drop(increment));
    ended(*drop(full));
    EXPECT_EQ(backup_status(full), "gone");
}

TEST_F(BackupsTest, AFailedRestoreGivesTheBackupBack) {
    const auto volume = created();
    const auto backup = backed_up(volume);
    host.fail(command::kRestoreBackup, ErrorCode::Corrupt, "chunk 7 has the wrong digest");
    const auto flow = write([&](db::Transaction& tx) { return flows::restore_backup(tx, d, auth, backup, volume); });
    EXPECT_EQ(ended(flow).state, taskflow::FlowState::Failed);
    EXPECT_EQ(status(volume), "error_restoring");
    EXPECT_EQ(backup_status(backup), "available");
    host.fail(command::kCreateFromBackup, ErrorCode::Corrupt, "chunk 7 has the wrong digest");
    auto request = raw();
    request.backup_id = backup.value;
    ended(create(request));
    EXPECT_EQ(status(request.id), "error");
    EXPECT_EQ(backup_status(backup), "available");
    EXPECT_TRUE(differences().empty());
}

TEST_F(BackupsTest, TheCheckFindsWhatHasNoRowAndWhatIsMissing) {
    const auto backup = backed_up(created());
    EXPECT_TRUE(differences().empty());
    const auto stray = new_uuid();
    host.on(command::kBackupInventory, [&](const json::object&, const rpc::CallOptions&) {
        json::array all;
        all.emplace_back(json::string(stray));
        json::array partial;
        partial.emplace_back(json::string(new_uuid()));
        return json::object{{"backups", all}, {"partial", partial}};
    });
    const auto found = differences();
    ASSERT_EQ(found.size(), 3U);
    EXPECT_NE(found[0].find(backup.value + " is missing"), std::string::npos);
    EXPECT_NE(found[1].find(stray + " in the directory"), std::string::npos);
    EXPECT_NE(found[2].find("half-made"), std::string::npos);
}

}  // namespace
}  // namespace virga::volume
