#include "volume/model/volume_states.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"

namespace virga::volume {
namespace {

using lifecycle::Transition;
using lifecycle::TransitionTable;

/// What can't be begun while the volume moves to another backend.
constexpr const char* kStays = "AND other_host = ''";

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
            Transition{"delete", kDeletable, "deleting"},
            Transition{"force_delete", kAnyButDeleting, "deleting"},
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
            Transition{"reserve_multiattach",
                       {"available", "downloading", "in-use", "reserved", "attaching"},
                       "reserved",
                       kStays},
            Transition{"reserve_again", {"in-use", "reserved"}, "reserved", kStays},
            Transition{"legacy_reserve", {"available"}, "attaching", kStays},
            Transition{"unreserve", {"attaching"}, "available"},
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
                Transition{"delete", {"available", "error", "error_deleting", "creating"}, "deleting"},
                Transition{"fail_delete", {"deleting"}, "error_deleting"},
                Transition{"delete_again", {"deleting"}, "deleting"},
                Transition{"backup", {"available"}, "backing-up"},
                Transition{"finish_backup", {"backing-up"}, "available"},
                Transition{"restore", {"available"}, "restoring"},
                Transition{"finish_restore", {"restoring"}, "available"},
                Transition{"unmanage", {"available", "error"}, "unmanaging"},
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
                Transition{"complete", {"attaching", "reserved", "attached"}, "attached"},
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

void require_staying(db::Transaction& tx, const std::string& id) {
    if (tx.scalar("SELECT COUNT(*) FROM volumes WHERE id = ? AND other_host <> ''", {id}) == 0) return;
    throw Error(ErrorCode::InvalidInput,
                "Invalid volume: volume " + id + " is being moved to another backend. Wait until that has ended.", {},
                id);
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
                    std::string_view extra_condition) {
    if (lifecycle::try_change(tx, table, action, id, extra_condition)) return;
    const auto row = tx.query_one("SELECT " + table.column + " AS status FROM " + table.table + " WHERE id = ?", {id});
    if (!row) throw Error(ErrorCode::NotFound, table.resource + " " + id + " could not be found.", {}, id);
    if (&table == &volume_states() && table.find(action).condition == kStays) require_staying(tx, id);
    throw Error(ErrorCode::InvalidInput,
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
