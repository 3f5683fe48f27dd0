#include "volume/repo/change_repo.hpp"

#include <algorithm>

namespace virga::volume::repo {
namespace {

std::string condition_of(const VolumeChange& change) {
    std::string sql;
    const auto add = [&](std::string_view one) { sql += (sql.empty() ? "" : " AND ") + std::string(one); };
    if (change.needs.free) add("created_for = ''");
    if (change.needs.stays) add("other_host = ''");
    if (change.needs.quiet)
        add("NOT EXISTS (SELECT 1 FROM volume_snapshots s WHERE s.volume_id = volumes.id "
            "AND s.status IN ('creating', 'deleting'))");
    return sql;
}

std::string condition_of(const SnapshotChange& change) {
    if (!change.needs_unclaimed) return {};
    return "NOT EXISTS (SELECT 1 FROM volume_claims c WHERE c.snapshot_id = volume_snapshots.id)";
}

template <class Change>
std::string condition_of(const Change&) {
    return {};
}

/// Why a volume of the right status can't be had all the same.
void explain(db::Transaction& tx, const VolumeChange& change, const std::string& id) {
    if (!change.needs.any()) return;
    const auto row = tx.query_one("SELECT other_host, created_for FROM volumes WHERE id = ?", {id});
    if (!row) return;
    if (const auto server = row->text("created_for"); !server.empty()) {
        throw Error(ErrorCode::Conflict,
                    "Invalid volume: server " + server + " is being built with volume " + id +
                        ". Wait until that has ended, or delete the server.",
                    {}, id);
    }
    if (row->text("other_host").empty()) return;
    throw Error(ErrorCode::InvalidInput,
                "Invalid volume: volume " + id + " is being moved to another backend. Wait until that has ended.", {},
                id);
}

void explain(db::Transaction& tx, const SnapshotChange& change, const std::string& id) {
    if (!change.needs_unclaimed) return;
    const auto row = tx.query_one("SELECT server_id FROM volume_claims WHERE snapshot_id = ?", {id});
    if (!row) return;
    throw Error(ErrorCode::Conflict,
                "Invalid snapshot: server " + row->text("server_id") + " is being built with a volume from snapshot " +
                    id + ". Wait until that has ended, or delete the server.",
                {}, id);
}

template <class Change>
void explain(db::Transaction&, const Change&, const std::string&) {}

std::string joined(const std::vector<std::string_view>& words) {
    std::string out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
        out += words[i];
    }
    return out;
}

template <class Change>
bool move(db::Transaction& tx, const Change& change, const std::string& id) {
    return lifecycle::try_change(tx, machine_of(change), change, id, {condition_of(change), {}});
}

template <class Change>
void move_or_throw(db::Transaction& tx, const Change& change, const std::string& id,
                   ErrorCode refused = ErrorCode::InvalidInput) {
    if (move(tx, change, id)) return;
    const auto& machine = machine_of(change);
    const auto parts = lifecycle::parts(change, machine.columns);
    const std::string resource(machine.resource);
    const auto row = tx.query_one(
        "SELECT " + std::string(machine.columns[0]) + " AS status FROM " + std::string(machine.table) + " WHERE id = ?",
        {id});
    if (!row) throw Error(ErrorCode::NotFound, resource + " " + id + " could not be found.", {}, id);
    const auto& from = parts[0].from;
    const auto status = row->text("status");
    if (from.empty() || std::find(from.begin(), from.end(), status) != from.end()) explain(tx, change, id);
    throw Error(refused,
                "Invalid " + resource + ": the status of " + resource + " " + id + " must be " + joined(from) +
                    " for " + std::string(change.name) + ", but it is " + status + ".",
                {}, id);
}

}  // namespace

bool try_change(db::Transaction& tx, const VolumeChange& change, const VolumeId& id) {
    return move(tx, change, id.value);
}
bool try_change(db::Transaction& tx, const MigrationChange& change, const VolumeId& id) {
    return move(tx, change, id.value);
}
bool try_change(db::Transaction& tx, const SnapshotChange& change, const SnapshotId& id) {
    return move(tx, change, id.value);
}
bool try_change(db::Transaction& tx, const AttachmentChange& change, const AttachmentId& id) {
    return move(tx, change, id.value);
}
bool try_change(db::Transaction& tx, const BackupChange& change, const BackupId& id) {
    return move(tx, change, id.value);
}
bool try_change(db::Transaction& tx, const GroupChange& change, const std::string& id) {
    return move(tx, change, id);
}
bool try_change(db::Transaction& tx, const GroupSnapshotChange& change, const std::string& id) {
    return move(tx, change, id);
}

void require_change(db::Transaction& tx, const VolumeChange& change, const VolumeId& id, ErrorCode refused) {
    move_or_throw(tx, change, id.value, refused);
}
void require_change(db::Transaction& tx, const SnapshotChange& change, const SnapshotId& id, ErrorCode refused) {
    move_or_throw(tx, change, id.value, refused);
}
void require_change(db::Transaction& tx, const AttachmentChange& change, const AttachmentId& id) {
    move_or_throw(tx, change, id.value);
}
void require_change(db::Transaction& tx, const BackupChange& change, const BackupId& id) {
    move_or_throw(tx, change, id.value);
}
void require_change(db::Transaction& tx, const GroupChange& change, const std::string& id) {
    move_or_throw(tx, change, id);
}
void require_change(db::Transaction& tx, const GroupSnapshotChange& change, const std::string& id) {
    move_or_throw(tx, change, id);
}

}  // namespace virga::volume::repo
