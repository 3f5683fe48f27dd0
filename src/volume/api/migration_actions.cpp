#include "volume/api/migration_actions.hpp"

#include "volume/flows/flows.hpp"

namespace virga::volume::api {
namespace {

constexpr int kClusters = 16;

}  // namespace

http::Response retype(const Call& call, db::Transaction& tx, const VolumeRecord& volume, http::Fields fields) {
    const auto type = fields.required_string("new_type", 1, 255);
    const auto policy = fields.one_of("migration_policy", {"never", "on-demand"}).value_or("never");
    fields.finish();
    flows::retype_volume(tx, call.context.d, call.auth, volume.id, type, policy == "on-demand");
    return http::Response::empty(202);
}

http::Response migrate(const Call& call, db::Transaction& tx, const VolumeRecord& volume, http::Fields fields) {
    const auto host = fields.string("host", 1, 255);
    const auto cluster = call.at_least(kClusters) ? fields.string("cluster", 1, 255) : std::nullopt;
    fields.boolean("force_host_copy");  // there is no other way
    const auto lock = fields.boolean("lock_volume").value_or(false);
    fields.finish();
    if (host && cluster) fields.fail("host", "and cluster can't both be given");
    if (cluster) fields.fail("cluster", "there is no cluster; name a host");
    if (!host) fields.fail("host", "is required");
    flows::migrate_volume(tx, call.context.d, call.auth, volume.id, *host, lock);
    return http::Response::empty(202);
}

http::Response migrate_completion(const VolumeRecord& volume, http::Fields fields) {
    fields.required_uuid("new_volume");
    fields.boolean("error");
    throw Error(
        ErrorCode::InvalidInput,
        "Invalid volume: volume " + volume.id.value +
            (volume.is_moving() ? " moves under its own id and completes that by itself: there is no new_volume."
                                : " is not migrating."),
        {}, volume.id.value);
}

}  // namespace virga::volume::api
