#include "volume/model/volume_states.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"

namespace virga::volume {
namespace {

using lifecycle::Transition;
using lifecycle::TransitionTable;

/// What can't be begun with a volume that a server is being built on.
constexpr const char* kFree = "AND created_for = ''";
/// Nor while the volume moves to another backend.
constexpr const char* kStays = "AND other_host = '' AND created_for = ''";
/// Of a snapshot: no server that was accepted will need it.
constexpr const char* kUnclaimed =
    "AND NOT EXISTS (SELECT 1 FROM volume_claims c WHERE c.snapshot_id = volume_snapshots.id)";

const std::vector<std::string> kDeletable{"available",      "error",          "error_restoring",  "error_extending",
                                          "error_managing", "error_deleting", "error_attaching",  "error_detaching",
                                          "creating",       "downloading",    "restoring-backup", "error_backing-up"};
const std::vector<std::string> kAnyButDeleting{
    "available",       "error",           "error_restoring",  "error_extending",  "error_managing", "error_deleting",
    "error_attaching", "error_detaching", "creating",         "downloading",      "reserved",       "attaching",
    "in-use",          "detaching",       "extending",        "maintenance",      "uploading",      "retyping",
    "managing",        "backing-up",      "restoring-backup", "error_backing-up", "reverting",      "awaiting-transfer",
    "unmanaging"};

const std::vector<std::string> kForceDetachable{"error", "error_attaching", "error_detaching", "detaching",
                                                "attaching"};
const std::vector<std::string> kLosesSnapshots{"available", "in-use", "error", "error_extending", "error_deleting"};

TransitionTable make_volume_states() {
    return {
        "volume",
        "volumes",
        "status",
        {
            Transition{"copy_image", {"creating", "downloading"}, "downloading"},
            Transition{"create_from_backup", {"creating", "restoring-backup"}, "restoring-backup"},
            Transition{"finish_create", {"creating", "downloading", "restoring-backup"}, "available"},
            Transition{"fail_create", {"creating", "downloading", "reserved", "restoring-backup"}, "error"},
            Transition{"delete", kDeletable, "deleting", kFree},
            Transition{"force_delete", kAnyButDeleting, "deleting", kFree},
            Transition{"fail_delete", {"deleting"}, "error_deleting"},
            Transition{"delete_again", {"deleting"}, "deleting"},
            Transition{"extend", {"available"}, "extending", kStays},
            Transition{"extend_online", {"in-use"}, "extending", kStays},
            Transition{"finish_extend", {"extending"}, "available"},
            Transition{"finish_extend_online", {"extending"}, "in-use"},
            Transition{"fail_extend", {"extending"}, "error_extending"},
            Transition{"upload", {"available", "in-use"}, "uploading", kStays},
            Transition{"finish_upload", {"uploading"}, "available"},
            Transition{"check_retype", {"available", "in-use"}, "", kStays},
            Transition{"retype", {"available", "in-use"}, "retyping", kStays},
            Transition{"finish_retype", {"retyping"}, "available"},
            Transition{"migrate", {"available", "in-use"}, "", kStays},
            Transition{"migrate_locked", {"available"}, "maintenance", kStays},
            Transition{"finish_migrate", {"maintenance"}, "available"},
            Transition{"revert", {"available"}, "reverting", kStays},
            Transition{"finish_revert", {"reverting"}, "available"},
            Transition{"fail_revert", {"reverting"}, "error"},
            Transition{"reimage", {"available", "error"}, "downloading", kStays},
            Transition{"reimage_reserved", {"available", "error", "reserved"}, "downloading", kStays},
            Transition{"finish_reimage", {"downloading"}, "available"},
            Transition{"fail_reimage", {"downloading", "reserved"}, "error"},
            Transition{"finish_manage", {"managing"}, "available"},
            Transition{"fail_manage", {"managing"}, "error_managing"},
            Transition{"unmanage", {"available", "error", "error_extending", "error_deleting"}, "unmanaging", kStays},
            Transition{"fail_unmanage", {"unmanaging"}, "error"},
            Transition{"offer", {"available"}, "awaiting-transfer", kStays},
            Transition{"withdraw", {"awaiting-transfer"}, "available"},
            Transition{"force_detach", kForceDetachable, "available"},
            Transition{"snapshot", {"available"}, "", kStays},
            Transition{"snapshot_online", {"available", "in-use"}, "", kStays},
            Transition{"delete_snapshot", kLosesSnapshots, ""},
            Transition{"reserve", {"available", "downloading"}, "reserved", kStays},
            Transition{"reserve_made", {"available", "downloading"}, "reserved", "AND other_host = ''"},
            Transition{"reserve_multiattach",
                       {"available", "downloading", "in-use", "reserved", "attaching"},
                       "reserved",
                       kStays},
            Transition{"reserve_again", {"in-use", "reserved"}, "reserved", kStays},
            Transition{"legacy_reserve", {"available"}, "attaching", kStays},
            Transition{"unreserve", {"attaching"}, "available", "AND attach_status = 'detached'"},
            Transition{"connect", {"reserved", "attaching", "in-use"}, "attaching"},
            Transition{"complete", {"attaching", "reserved", "in-use"}, "in-use"},
            Transition{"begin_detaching", {"in-use"}, "detaching", kStays},
            Transition{"roll_detaching", {"detaching"}, "in-use"},
            Transition{"backup", {"available"}, "backing-up", kStays},
            Transition{"force_backup", {"available", "in-use"}, "backing-up", kStays},
            Transition{"finish_backup", {"backing-up"}, "available"},
            Transition{"restore_backup", {"available"}, "restoring-backup", kStays},
            Transition{"finish_restore", {"restoring-backup"}, "available"},
            Transition{"fail_restore", {"restoring-backup"}, "error_restoring"},
            Transition{"set_readonly", {"available"}, "", kStays},
        }};
}

TransitionTable make_snapshot_states() {
    return {"snapshot",
            "volume_snapshots",
            "status",
            {
                Transition{"finish_create", {"creating"}, "available"},
                Transition{"fail_create", {"creating"}, "error"},
                Transition{"delete", {"available", "error", "error_deleting", "creating"}, "deleting", kUnclaimed},
                Transition{"fail_delete", {"deleting"}, "error_deleting"},
                Transition{"delete_again", {"deleting"}, "deleting", kUnclaimed},
                Transition{"backup", {"available"}, "backing-up"},
                Transition{"finish_backup", {"backing-up"}, "available"},
                Transition{"restore", {"available"}, "restoring"},
                Transition{"finish_restore", {"restoring"}, "available"},
                Transition{"unmanage", {"available", "error"}, "unmanaging", kUnclaimed},
                Transition{"fail_unmanage", {"unmanaging"}, "error"},
            }};
}

TransitionTable make_attachment_states() {
    return {"attachment",
            "volume_attachments",
            "attach_status",
            {
                Transition{"connect", {"reserved", "attaching", "attached"}, "attaching"},
                Transition{"fail_connect", {"reserved", "attaching"}, "error_attaching"},
                Transition{"roll_connect", {"attaching"}, "reserved"},
                Transition{"complete", {"attaching", "reserved", "attached"}, "attached"},
                Transition{"end",
                           {"reserved", "attaching", "attached", "detaching", "error_attaching", "error_detaching"},
                           "detaching"},
            }};
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
        out += words[i];
    }
    return out;
}

/// Why a volume of the right status can't be had all the same.
void explain_volume(db::Transaction& tx, const std::string& id) {
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

void explain_snapshot(db::Transaction& tx, const std::string& id) {
    const auto row = tx.query_one("SELECT server_id FROM volume_claims WHERE snapshot_id = ?", {id});
    if (!row) return;
    throw Error(ErrorCode::Conflict,
                "Invalid snapshot: server " + row->text("server_id") + " is being built with a volume from snapshot " +
                    id + ". Wait until that has ended, or delete the server.",
                {}, id);
}

/// Whether the status alone would allow the change, so that its condition is what refuses.
bool fits(const lifecycle::Transition& transition, const std::string& status) {
    return std::find(transition.from.begin(), transition.from.end(), status) != transition.from.end();
}

/// Statuses that follow the attachments.
bool follows_attachments(const std::string& status) {
    static constexpr std::array<std::string_view, 6> kStatuses{"available", "reserved",  "attaching",
                                                               "in-use",    "detaching", "error_attaching"};
    return std::find(kStatuses.begin(), kStatuses.end(), status) != kStatuses.end();
}

}  // namespace

const TransitionTable& volume_states() {
    static const TransitionTable table = make_volume_states();
    return table;
}

const TransitionTable& snapshot_states() {
    static const TransitionTable table = make_snapshot_states();
    return table;
}

const TransitionTable& attachment_states() {
    static const TransitionTable table = make_attachment_states();
    return table;
}

const std::vector<std::string>& resettable_volume_statuses() {
    static const std::vector<std::string> statuses{
        "creating",       "available",        "deleting",        "error",       "error_deleting",
        "error_managing", "managing",         "attaching",       "in-use",      "detaching",
        "maintenance",    "restoring-backup", "error_restoring", "reserved",    "awaiting-transfer",
        "backing-up",     "error_backing-up", "error_extending", "downloading", "uploading",
        "retyping",       "extending"};
    return statuses;
}

const std::vector<std::string>& resettable_snapshot_statuses() {
    static const std::vector<std::string> statuses{"creating", "available", "deleting", "error", "error_deleting"};
    return statuses;
}

bool is_transient(std::string_view status) {
    static constexpr std::array<std::string_view, 15> kStatuses{
        "creating",  "downloading", "deleting",   "attaching",        "detaching", "extending", "reserved",  "retyping",
        "uploading", "restoring",   "backing-up", "restoring-backup", "reverting", "managing",  "unmanaging"};
    return std::find(kStatuses.begin(), kStatuses.end(), status) != kStatuses.end();
}

bool is_error(std::string_view status) {
    return status.starts_with("error");
}

void require_change(db::Transaction& tx, const TransitionTable& table, std::string_view action, const std::string& id,
                    std::string_view extra_condition, ErrorCode refused) {
    if (lifecycle::try_change(tx, table, action, id, extra_condition)) return;
    const auto row = tx.query_one("SELECT " + table.column + " AS status FROM " + table.table + " WHERE id = ?", {id});
    if (!row) throw Error(ErrorCode::NotFound, table.resource + " " + id + " could not be found.", {}, id);
    if (fits(table.find(action), row->text("status")) && !table.find(action).condition.empty()) {
        if (&table == &volume_states()) explain_volume(tx, id);
        if (&table == &snapshot_states()) explain_snapshot(tx, id);
    }
    throw Error(refused,
                "Invalid " + table.resource + ": the status of " + table.resource + " " + id + " must be " +
                    joined(table.find(action).from) + " for " + std::string(action) + ", but it is " +
                    row->text("status") + ".",
                {}, id);
}

AttachedStatus status_from_attachments(const std::string& status, const std::vector<std::string>& attach_statuses,
                                       bool complete) {
    std::string first;
    for (const auto& item : attach_statuses) {
        if (!is_error(item) && (first.empty() || item < first)) first = item;
    }
    const std::string attach_status = first.empty() ? "detached" : first;
    if (!follows_attachments(status)) return {status, attach_status};
    if (first == "attached") return {"in-use", attach_status};
    if (!first.empty()) return {first, attach_status};
    return {complete ? "available" : "downloading", attach_status};
}

}  // namespace virga::volume
