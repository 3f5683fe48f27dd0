#include "volume/api/metadata.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::api {
namespace {
constexpr int kEtags = 15;

/// As in Cinder, not while what the volume holds is being written elsewhere.
void check_takes_metadata(const VolumeRecord& volume) {
    check_not_in_maintenance(volume);
    if (volume.status != VolumeStatus::Uploading) return;
    throw Error(ErrorCode::InvalidInput,
                "Invalid volume: volume " + volume.id.value + " is uploading. Wait until that has ended.", {},
                volume.id.value);
}

void write(db::Transaction& tx, const Call& call, const json::object& metadata) {
    const auto volume = own_volume(tx, call, call.request.param("volume_id"));
    check_takes_metadata(volume);
    repo::set_metadata(tx, volume.id, metadata);
}
}  // namespace

void register_volume_metadata(Routes& routes) {
    register_metadata(
        routes, {"/volumes/{volume_id}/metadata",
                 [](db::Transaction& tx, const Call& call) {
                     return own_volume(tx, call, call.request.param("volume_id")).metadata;
                 },
                 write, kEtags, admin_metadata_names(), "volume:get_volume_metadata", "volume:create_volume_metadata",
                 "volume:update_volume_metadata", "volume:delete_volume_metadata"});
}

}  // namespace virga::volume::api
