#include "volume/model/backup.hpp"

namespace virga::volume {

std::string backup_source_id(const BackupId& backup) {
    return derived_uuid(backup.value, "source");
}

}  // namespace virga::volume
