#include "volume/model/backup.hpp"

namespace virga::volume {

const lifecycle::TransitionTable& backup_states() {
    using lifecycle::Transition;
    static const lifecycle::TransitionTable table{
        "backup",
        "volume_backups",
        "status",
        {
            Transition{"finish_create", {"creating"}, "available"},
            Transition{"fail_create", {"creating"}, "error"},
            Transition{"restore", {"available"}, "restoring"},
            Transition{"finish_restore", {"restoring"}, "available"},
            Transition{"delete", {"available", "error", "creating"}, "deleting"},
            Transition{"force_delete", {"available", "error", "creating", "restoring"}, "deleting"},
            Transition{"fail_delete", {"deleting"}, "error"},
        }};
    return table;
}

const std::vector<std::string>& resettable_backup_statuses() {
    static const std::vector<std::string> statuses{"available", "error"};
    return statuses;
}

std::string backup_source_id(const BackupId& backup) {
    return derived_uuid(backup.value, "source");
}

}  // namespace virga::volume
