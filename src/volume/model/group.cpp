#include "volume/model/group.hpp"

#include <algorithm>

namespace virga::volume {

void check_member(const Group& group, const VolumeRecord& volume) {
    const auto refuse = [&](const std::string& why) {
        throw Error(ErrorCode::InvalidInput,
                    "group.add_volumes: volume " + volume.id.value + " can't be in group " + group.id + ": " + why, {},
                    volume.id.value);
    };
    if (volume.project != group.project) refuse("it is of another project than the group.");
    if (volume.is_moving()) refuse("it is being moved to another backend.");
    if (!volume.group_id.empty()) refuse("it is in group " + volume.group_id + ".");
    if (volume.status != VolumeStatus::Available && volume.status != VolumeStatus::InUse)
        refuse("it is " + text_of(volume.status) + ".");
    const auto& types = group.volume_types;
    if (std::find(types.begin(), types.end(), volume.type_id) == types.end()) {
        refuse("the group does not take its type, " + volume.volume_type + ".");
    }
    if (volume.host == group.host && volume.backend == group.backend) return;
    refuse("it is on another backend than the group.");
}

}  // namespace virga::volume
