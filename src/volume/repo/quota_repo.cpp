#include "volume/repo/quota_repo.hpp"

#include "volume/settings.hpp"

namespace virga::volume::repo {
namespace {

QuotaLimits configured_limits(const config::Config& config) {
    return {{"volumes", config.get(setting::quota_volumes)},
            {"snapshots", config.get(setting::quota_snapshots)},
            {"gigabytes", config.get(setting::quota_gigabytes)},
            {"per_volume_gigabytes", config.get(setting::quota_per_volume_gigabytes)},
            {"backups", config.get(setting::quota_backups)},
            {"backup_gigabytes", config.get(setting::quota_backup_gigabytes)},
            {"groups", 10}};
}

/// Every volume type gets its three quotas, unbounded.
void add_types(db::Transaction& tx, QuotaLimits& limits) {
    for (const auto& row : tx.query("SELECT name FROM volume_types")) {
        for (const auto& resource : quota_type_resources()) limits[resource + "_" + row.text("name")] = -1;
    }
}

/// Rows name a volume type by its id, so that they follow it when it gets another name.
constexpr const char* kNamed =
    " AS q LEFT JOIN volume_types t ON t.id = q.volume_type_id WHERE (q.volume_type_id = '' OR t.id IS NOT NULL) AND ";

void change(QuotaLimits& limits, const std::vector<db::Row>& rows) {
    for (const auto& row : rows) {
        const auto type = row.text("type_name");
        limits[row.text("resource") + (type.empty() ? "" : "_" + type)] = row.number("hard_limit");
    }
}

/// A resource of a quota set as rows hold it.
struct Stored {
    std::string resource;
    std::string type_id;
};

Stored stored(db::Transaction& tx, const std::string& resource) {
    for (const auto& name : quota_type_resources()) {
        if (!resource.starts_with(name + "_")) continue;
        const auto row = tx.query_one("SELECT id FROM volume_types WHERE name = ?", {resource.substr(name.size() + 1)});
        if (row) return {name, row->text("id")};
    }
    return {resource, ""};
}

struct Sum {
    std::int64_t amount = 0;
    std::int64_t gib = 0;
};

/// Counts and sizes by name of the volume type.
std::map<std::string, Sum> sums(db::Transaction& tx, const char* sql, const ProjectId& project) {
    std::map<std::string, Sum> out;
    for (const auto& row : tx.query(sql, {project.value})) {
        out[row.text("type_name")] = {row.number("amount"), row.number("total")};
    }
    return out;
}

}  // namespace

QuotaLimits class_limits(db::Transaction& tx, const config::Config& config, const std::string& quota_class) {
    auto limits = configured_limits(config);
    add_types(tx, limits);
    change(limits, tx.query(std::string("SELECT q.resource, q.hard_limit, t.name AS type_name FROM "
                                        "volume_quota_classes") +
                                kNamed + "q.class_name = ?",
                            {quota_class}));
    return limits;
}

QuotaLimits default_limits(db::Transaction& tx, const config::Config& config) {
    return class_limits(tx, config, kDefaultClass);
}

QuotaLimits limits_of(db::Transaction& tx, const config::Config& config, const ProjectId& project) {
    auto limits = default_limits(tx, config);
    change(limits, tx.query(std::string("SELECT q.resource, q.hard_limit, t.name AS type_name FROM volume_quotas") +
                                kNamed + "q.project_id = ?",
                            {project.value}));
    return limits;
}

QuotaUsage usage_of(db::Transaction& tx, const ProjectId& project) {
    QuotaUsage usage;
    const auto volumes =
        sums(tx,
             "SELECT t.name AS type_name, COUNT(*) AS amount, SUM(v.size_gib) AS total FROM volumes v "
             "LEFT JOIN volume_types t ON t.id = v.volume_type_id WHERE v.project_id = ? GROUP BY t.name",
             project);
    const auto claims = sums(
        tx,
        "SELECT t.name AS type_name, COUNT(*) AS amount, SUM(c.size_gib) AS total FROM volume_claims c "
        "LEFT JOIN volume_types t ON t.id = c.volume_type_id WHERE c.project_id = ? AND c.made = 0 GROUP BY t.name",
        project);
    const auto snapshots =
        sums(tx,
             "SELECT t.name AS type_name, COUNT(*) AS amount, SUM(s.size_gib) AS total FROM volume_snapshots s "
             "LEFT JOIN volumes v ON v.id = s.volume_id LEFT JOIN volume_types t ON t.id = v.volume_type_id "
             "WHERE s.project_id = ? GROUP BY t.name",
             project);
    for (const auto* made : {&volumes, &claims}) {
        for (const auto& [type, sum] : *made) {
            usage.volumes += sum.amount;
            usage.gigabytes += sum.gib;
            usage.types[type].volumes += sum.amount;
            usage.types[type].gigabytes += sum.gib;
        }
    }
    for (const auto& [type, sum] : snapshots) {
        usage.snapshots += sum.amount;
        usage.gigabytes += sum.gib;
        usage.types[type].snapshots = sum.amount;
        usage.types[type].gigabytes += sum.gib;
    }
    const auto backups = tx.query_one(
        "SELECT COUNT(*) AS amount, COALESCE(SUM(size_gib), 0) AS total FROM volume_backups WHERE project_id = ?",
        {project.value});
    usage.backups = backups->number("amount");
    usage.backup_gigabytes = backups->number("total");
    usage.groups = tx.scalar("SELECT COUNT(*) FROM volume_groups WHERE project_id = ?", {project.value});
    return usage;
}

void set_limit(db::Transaction& tx, const ProjectId& project, const std::string& resource, std::int64_t limit) {
    const auto row = stored(tx, resource);
    tx.exec(
        "INSERT INTO volume_quotas (project_id, resource, volume_type_id, hard_limit) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (project_id, resource, volume_type_id) DO UPDATE SET hard_limit = excluded.hard_limit",
        {project.value, row.resource, row.type_id, limit});
}

void set_class_limit(db::Transaction& tx, const std::string& quota_class, const std::string& resource,
                     std::int64_t limit) {
    const auto row = stored(tx, resource);
    tx.exec(
        "INSERT INTO volume_quota_classes (class_name, resource, volume_type_id, hard_limit) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (class_name, resource, volume_type_id) DO UPDATE SET hard_limit = excluded.hard_limit",
        {quota_class, row.resource, row.type_id, limit});
}

void clear_limits(db::Transaction& tx, const ProjectId& project) {
    tx.exec("DELETE FROM volume_quotas WHERE project_id = ?", {project.value});
}

}  // namespace virga::volume::repo
