#include "volume/model/backup_changes.hpp"

namespace virga::volume {

const BackupMachine& backup_machine() {
    using namespace backup_change;
    static constexpr std::array<const BackupChange*, 7> kAlone{
        &kFinishCreate, &kFailCreate, &kRestore, &kFinishRestore, &kDelete, &kForceDelete, &kFailDelete};
    static constexpr auto kChanges = lifecycle::with(kAlone, kResets);
    static constexpr BackupMachine kMachine{"backup", "volume_backups", {"status"}, kChanges};
    return kMachine;
}

}  // namespace virga::volume
