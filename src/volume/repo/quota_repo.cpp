#include "volume/repo/quota_repo.hpp"

#include "volume/settings.hpp"

namespace virga::volume::repo {

QuotaLimits default_limits(const config::Config& config) {
    return {{"volumes", config.get(setting::quota_volumes)},
            {"snapshots", config.get(setting::quota_snapshots)},
            {"gigabytes", config.get(setting::quota_gigabytes)},
            {"per_volume_gigabytes", config.get(setting::quota_per_volume_gigabytes)},
            {"backups", config.get(setting::quota_backups)},
            {"backup_gigabytes", config.get(setting::quota_backup_gigabytes)},
            {"groups", 10}};
}

QuotaLimits limits_of(db::Transaction& tx, const config::Config& config, const ProjectId& project) {
    auto limits = default_limits(config);
    for (const auto& row :
         tx.query("SELECT resource, hard_limit FROM volume_quotas WHERE project_id = ?", {project.value})) {
        limits[row.text("resource")] = row.number("hard_limit");
    }
    return limits;
}

QuotaUsage usage_of(db::Transaction& tx, const ProjectId& project) {
    QuotaUsage usage;
    const auto volumes =
        tx.query_one("SELECT COUNT(*) AS amount, COALESCE(SUM(size_gib), 0) AS total FROM volumes WHERE project_id = ?",
                     {project.value});
    const auto snapshots = tx.query_one(
        "SELECT COUNT(*) AS amount, COALESCE(SUM(size_gib), 0) AS total FROM volume_snapshots WHERE project_id = ?",
        {project.value});
    const auto backups = tx.query_one(
        "SELECT COUNT(*) AS amount, COALESCE(SUM(size_gib), 0) AS total FROM volume_backups WHERE project_id = ?",
        {project.value});
    usage.backups = backups->number("amount");
    usage.backup_gigabytes = backups->number("total");
    usage.volumes = volumes->number("amount");
    usage.snapshots = snapshots->number("amount");
    usage.gigabytes = volumes->number("total") + snapshots->number("total");
    return usage;
}

void set_limit(db::Transaction& tx, const ProjectId& project, const std::string& resource, std::int64_t limit) {
    tx.exec(
        "INSERT INTO volume_quotas (project_id, resource, hard_limit) VALUES (?, ?, ?) "
        "ON CONFLICT (project_id, resource) DO UPDATE SET hard_limit = excluded.hard_limit",
        {project.value, resource, limit});
}

void clear_limits(db::Transaction& tx, const ProjectId& project) {
    tx.exec("DELETE FROM volume_quotas WHERE project_id = ?", {project.value});
}

}  // namespace virga::volume::repo
