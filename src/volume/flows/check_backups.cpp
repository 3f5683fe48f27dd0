#include <map>
#include <set>

#include "volume/backup_commands.hpp"
#include "volume/flows/backups.hpp"
#include "volume/repo/backup_repo.hpp"
#include "volume/repo/change_repo.hpp"

namespace virga::volume::flows {
namespace {

std::set<std::string> ids_of(const json::object& reply, std::string_view key) {
    std::set<std::string> ids;
    for (const auto& item : get_array(reply, key)) ids.emplace(item.as_string());
    return ids;
}

/// What one host's directory has against the rows that say that it has it.
void check_directory(const std::string& host, const json::object& reply, const std::vector<BackupRecord>& rows,
                     std::vector<std::string>& out) {
    const auto complete = ids_of(reply, "backups");
    std::set<std::string> known;
    std::set<std::string> busy;
    for (const auto& row : rows) {
        known.insert(row.data);
        if (is_transient(row.status)) busy.insert(row.data);
        const bool whole = row.status == BackupStatus::Available || row.status == BackupStatus::Restoring;
        if (whole && row.host == host && !complete.contains(row.data))
            out.push_back("backup " + row.id.value + " is missing in the directory of " + host);
    }
    for (const auto& id : complete) {
        if (!known.contains(id)) out.push_back("backup " + id + " in the directory of " + host + " has no row");
    }
    for (const auto& id : ids_of(reply, "partial")) {
        if (!busy.contains(id)) out.push_back("a half-made backup " + id + " is in the directory of " + host);
    }
}

bool is_worked_on(db::Transaction& tx, Dependencies& d, const BackupRecord& backup) {
    const auto flow = d.runner.find(tx, backup.flow);
    return (flow && flow->ended_us == 0) || !d.runner.unfinished(tx, backup.id.value).empty();
}

}  // namespace

void check_backups(db::Transaction& tx, Dependencies& d, std::vector<std::string>& differences) {
    const auto rows = repo::all_backups(tx);
    for (const auto& host : d.hosts.hosts()) {
        if (get_array(host.report, "backends").empty()) continue;
        try {
            check_directory(
                host.name,
                d.hosts.call(host.name, command::kBackupInventory, {}, {.command_id = {}, .only_if_it_answers = true}),
                rows, differences);
        } catch (const Error& error) {
            differences.push_back("storage host " + host.name + " gave no list of its backups: " + error.message());
        }
    }
    std::set<std::string> data;
    for (const auto& row : rows) data.insert(row.data);
    for (const auto& row : rows) {
        if (row.is_incremental() && !data.contains(row.parent))
            differences.push_back("backup " + row.id.value + " is an increment to " + row.parent +
                                  ", which has no row");
        if (is_transient(row.status) && !is_worked_on(tx, d, row))
            differences.push_back("backup " + row.id.value + " is " + text_of(row.status) +
                                  ", but nothing works on it");
    }
}

}  // namespace virga::volume::flows
