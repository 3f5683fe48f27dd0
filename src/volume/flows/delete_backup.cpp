#include "volume/backup_commands.hpp"
#include "volume/flows/backups.hpp"
#include "volume/flows/flow_data.hpp"
#include "volume/flows/flow_kinds.hpp"
#include "volume/flows/mark_failed.hpp"
#include "volume/flows/tasks.hpp"
#include "volume/repo/backup_repo.hpp"
#include "volume/repo/change_repo.hpp"

namespace virga::volume::flows {
namespace {

using taskflow::Outcome;
using taskflow::RevertOutcome;

/// Lets a cancelled creation, and a restore from it, end first. Its revert is where a failed deletion ends.
class WaitForRunningFlows : public TypedVolumeTask<DeleteBackupData> {
public:
    using TypedTask::TypedTask;

    Outcome execute(const Context& context) override {
        return wait_or_continue(context.db.read_with([&](db::Transaction& tx) {
            auto flows = other_flows(tx, d_, context.data.backup.value, context.flow);
            const auto& before = context.data.flow_before;
            const auto found = before.empty() ? std::nullopt : d_.runner.find(tx, before);
            if (found && found->ended_us == 0) flows.push_back(before);
            return flows;
        }),
                                "nothing else uses the backup");
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        return revert_marking(context, failure, {mark(backup_change::kFailDelete, context.data.backup), "delete"});
    }
};

class DeleteBackup : public TypedVolumeTask<BackupData> {
public:
    using TypedTask::TypedTask;

    int retry_seconds() const override { return kHostRetrySeconds; }

    Outcome execute(const Context& context) override {
        const auto id = context.data.backup;
        const auto backup = context.db.read_with([&](db::Transaction& tx) { return repo::get_backup(tx, id); });
        Outcome outcome;
        outcome.apply = [id](db::Transaction& tx) { repo::delete_backup(tx, id); };
        if (context.db.read_with([&](db::Transaction& tx) { return repo::is_data_shared(tx, backup); })) {
            outcome.decision = "another record is of the same data: only this one goes";
            return outcome;
        }
        call_host(d_, context, backup.host, command::kDeleteBackup, {{"backup_id", backup.data}}, kCopyDeadline);
        outcome.decision = "data removed from the directory of " + backup.host;
        return outcome;
    }
};

}  // namespace

std::optional<FlowId> delete_backup(db::Transaction& tx, Dependencies& d, const BackupId& id,
                                    const std::string& request_id, bool force) {
    const auto backup = repo::get_backup(tx, id);
    if (backup.status == BackupStatus::Deleting) return std::nullopt;
    if (backup.has_dependents && !repo::is_data_shared(tx, backup)) {
        throw Error(ErrorCode::InvalidInput,
                    "Invalid backup: incremental backups are based on backup " + id.value + ". Delete them first.", {},
                    id.value);
    }
    repo::require_change(tx, force ? backup_change::kForceDelete : backup_change::kDelete, id);
    for (const auto& running : d.runner.unfinished(tx, id.value)) d.runner.cancel(tx, running);
    if (force && backup.status == BackupStatus::Restoring) d.runner.cancel(tx, backup.flow);
    const auto flow = taskflow::new_flow_id();
    repo::set_flow(tx, id, flow);
    d.runner.start(tx, {flow,
                        flow_kind::kDeleteBackup,
                        id.value,
                        {{task::kBackupWait}, {task::kDeleteBackup}},
                        taskflow::encode(DeleteBackupData{id, backup.flow}),
                        request_id,
                        backup.project.value,
                        backup.user.value,
                        std::nullopt});
    return flow;
}

void register_delete_backup(taskflow::Registry& registry, Dependencies& d) {
    registry.add(task::kBackupWait, std::make_shared<WaitForRunningFlows>(d));
    registry.add(task::kDeleteBackup, std::make_shared<DeleteBackup>(d));
}

}  // namespace virga::volume::flows
