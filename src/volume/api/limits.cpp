#include "volume/api/api.hpp"
#include "volume/repo/quota_repo.hpp"

namespace virga::volume::api {
namespace {

http::Response show(const Call& call) {
    auto project = call.auth.project;
    if (const auto other = call.request.query_value("project_id"); other && call.at_least(39) && call.sees_all()) {
        project = ProjectId(*other);
    }
    auto tx = call.db().read();
    const auto limits = repo::limits_of(tx, call.context.d.config, project);
    const auto usage = repo::usage_of(tx, project);
    json::object absolute{{"totalSnapshotsUsed", usage.snapshots},
                          {"maxTotalBackups", limits.at("backups")},
                          {"maxTotalVolumeGigabytes", limits.at("gigabytes")},
                          {"maxTotalSnapshots", limits.at("snapshots")},
                          {"maxTotalBackupGigabytes", limits.at("backup_gigabytes")},
                          {"totalBackupGigabytesUsed", usage.backup_gigabytes},
                          {"maxTotalVolumes", limits.at("volumes")},
                          {"totalVolumesUsed", usage.volumes},
                          {"totalBackupsUsed", usage.backups},
                          {"totalGigabytesUsed", usage.gigabytes}};
    json::object inner{{"rate", json::array()}, {"absolute", std::move(absolute)}};
    return http::Response::with_json(200, json::object{{"limits", std::move(inner)}});
}

}  // namespace

void register_limits(Routes& routes) {
    routes.add("GET", "/limits", "limits_extension:used_limits", show);
}

}  // namespace virga::volume::api
