#include "volume/api/metadata.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::api {
namespace {
constexpr int kEtags = 15;
}  // namespace

void register_volume_metadata(Routes& routes) {
    register_metadata(routes,
                      {"/volumes/{volume_id}/metadata",
                       [](db::Transaction& tx, const Call& call) {
                           return own_volume(tx, call, call.request.param("volume_id")).metadata;
                       },
                       [](db::Transaction& tx, const Call& call, const json::object& metadata) {
                           repo::set_metadata(tx, VolumeId(call.request.param("volume_id")), metadata);
                       },
                       kEtags, admin_metadata_names(), "volume:get_volume_metadata", "volume:create_volume_metadata",
                       "volume:update_volume_metadata", "volume:delete_volume_metadata"});
}

}  // namespace virga::volume::api
