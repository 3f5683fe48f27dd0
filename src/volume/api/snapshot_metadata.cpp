#include "volume/api/metadata.hpp"
#include "volume/repo/snapshot_repo.hpp"

namespace virga::volume::api {

void register_snapshot_metadata(Routes& routes) {
    register_metadata(routes, {"/snapshots/{snapshot_id}/metadata",
                               [](db::Transaction& tx, const Call& call) {
                                   return own_snapshot(tx, call, call.request.param("snapshot_id")).metadata;
                               },
                               [](db::Transaction& tx, const Call& call, const json::object& metadata) {
                                   repo::set_metadata(tx, SnapshotId(call.request.param("snapshot_id")), metadata);
                               },
                               0,
                               {},
                               "volume:get_snapshot_metadata",
                               "volume:update_snapshot_metadata",
                               "volume:update_snapshot_metadata",
                               "volume:delete_snapshot_metadata"});
}

}  // namespace virga::volume::api
