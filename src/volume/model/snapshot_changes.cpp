#include "volume/model/snapshot_changes.hpp"

namespace virga::volume {

const SnapshotMachine& snapshot_machine() {
    using namespace snapshot_change;
    static constexpr std::array<const SnapshotChange*, 11> kAlone{
        &kFinishCreate, &kFailCreate, &kDelete,        &kFailDelete, &kDeleteAgain, &kBackup,
        &kFinishBackup, &kRestore,    &kFinishRestore, &kUnmanage,   &kFailUnmanage};
    static constexpr auto kChanges = lifecycle::with(lifecycle::with(kAlone, kResets), kTold);
    static constexpr SnapshotMachine kMachine{"snapshot", "volume_snapshots", {"status"}, kChanges};
    return kMachine;
}

}  // namespace virga::volume
