#include "volume/model/group_changes.hpp"

namespace virga::volume {

const GroupMachine& group_machine() {
    using namespace group_change;
    static constexpr std::array<const GroupChange*, 6> kAlone{&kFinishCreate, &kFailCreate, &kUpdate,
                                                              &kSnapshot,     &kDelete,     &kFailDelete};
    static constexpr auto kChanges = lifecycle::with(kAlone, kResets);
    static constexpr GroupMachine kMachine{"group", "volume_groups", {"status"}, kChanges};
    return kMachine;
}

const GroupSnapshotMachine& group_snapshot_machine() {
    using namespace group_snapshot_change;
    static constexpr std::array<const GroupSnapshotChange*, 4> kAlone{&kFinishCreate, &kFailCreate, &kDelete,
                                                                      &kFailDelete};
    static constexpr auto kChanges = lifecycle::with(kAlone, kResets);
    static constexpr GroupSnapshotMachine kMachine{"group snapshot", "volume_group_snapshots", {"status"}, kChanges};
    return kMachine;
}

}  // namespace virga::volume
