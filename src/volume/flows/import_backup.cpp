#include "volume/backup_commands.hpp"
#include "volume/flows/backups.hpp"
#include "volume/flows/flow_data.hpp"
#include "volume/flows/flow_kinds.hpp"
#include "volume/flows/mark_failed.hpp"
#include "volume/flows/tasks.hpp"
#include "volume/model/new_volume.hpp"
#include "volume/repo/backup_repo.hpp"

namespace virga::volume::flows {
namespace {

using taskflow::Outcome;
using taskflow::RevertOutcome;

/// What the manifest says counts, not what the record said.
class VerifyImport : public TypedVolumeTask<BackupData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    Outcome execute(const Context& context) override {
        const auto& id = context.data.backup;
        auto backup = context.db.read_with([&](db::Transaction& tx) { return repo::get_backup(tx, id); });
        const auto reply =
            call_host(d_, context, backup.host, command::kDescribeBackup, {{"backup_id", backup.data}}, kShortDeadline);
        backup.volume = VolumeId(get_string(reply, "volume_id"));
        backup.parent = get_string(reply, "parent_id");
        backup.size_gib = gib_of(get_int(reply, "size_bytes"));
        backup.object_count = get_int(reply, "own_chunks");
        backup.stored_bytes = get_int(reply, "stored_bytes");
        backup.volume_facts = get_object(reply, "volume");
        backup.encryption_key_id = get_string(backup.volume_facts, "encryption_key_id");
        Outcome outcome;
        outcome.decision = "found in the directory of " + backup.host + ", its manifest and all data files are there";
        outcome.apply = [backup](db::Transaction& tx) {
            if (!backup.parent.empty()) repo::require_data(tx, backup.parent);
            repo::set_found(tx, backup);
            repo::try_change(tx, backup_change::kFinishCreate, backup.id);
        };
        return outcome;
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        return revert_marking(context, failure, {mark(backup_change::kFailCreate, context.data.backup), "import"});
    }
};

}  // namespace

FlowId import_backup(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const BackupRecord& record) {
    if (repo::find_backup(tx, record.id)) {
        throw Error(ErrorCode::InvalidInput, "Invalid backup: backup " + record.id.value + " exists already.", {},
                    record.id.value);
    }
    repo::require_data(tx, record.data);
    auto backup = record;
    backup.status = BackupStatus::Creating;
    backup.flow = taskflow::new_flow_id();
    repo::insert(tx, backup);
    d.runner.start(tx, {backup.flow,
                        flow_kind::kImportBackup,
                        backup.id.value,
                        {{task::kVerifyImport}},
                        taskflow::encode(BackupData{backup.id}),
                        auth.request_id,
                        backup.project.value,
                        auth.user.value,
                        std::nullopt});
    return backup.flow;
}

void register_import_backup(taskflow::Registry& registry, Dependencies& d) {
    registry.add(task::kVerifyImport, std::make_shared<VerifyImport>(d));
}

}  // namespace virga::volume::flows
