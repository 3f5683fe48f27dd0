#include "network/repo/quota_repo.hpp"

#include "network/model/fault.hpp"
#include "network/repo/port_repo.hpp"
#include "network/settings.hpp"

namespace virga::network::repo {
namespace {

const char* table_of(QuotaResource resource) {
    switch (resource) {
        case QuotaResource::Networks:
            return "networks";
        case QuotaResource::Subnets:
            return "subnets";
        case QuotaResource::Ports:
            return "ports";
        case QuotaResource::SecurityGroups:
            return "security_groups";
        case QuotaResource::SecurityGroupRules:
            return "security_group_rules";
    }
    return "";
}

}  // namespace

std::string_view quota_name(QuotaResource resource) {
    std::string_view table = table_of(resource);
    table.remove_suffix(1);
    return table;
}

std::int64_t default_quota(const config::Config& config, QuotaResource resource) {
    switch (resource) {
        case QuotaResource::Networks:
            return config.get(setting::quota_networks);
        case QuotaResource::Subnets:
            return config.get(setting::quota_subnets);
        case QuotaResource::Ports:
            return config.get(setting::quota_ports);
        case QuotaResource::SecurityGroups:
            return config.get(setting::quota_security_groups);
        case QuotaResource::SecurityGroupRules:
            return config.get(setting::quota_security_group_rules);
    }
    return 0;
}

std::int64_t quota_of(db::Transaction& tx, const config::Config& config, const std::string& project,
                      QuotaResource resource) {
    const auto row = tx.query_one("SELECT bound FROM network_quotas WHERE project_id = ? AND resource = ?",
                                  {project, std::string(quota_name(resource))});
    return row ? row->number("bound") : default_quota(config, resource);
}

std::int64_t count_used(db::Transaction& tx, const std::string& project, QuotaResource resource) {
    if (resource == QuotaResource::Ports) return count_ports_of_project(tx, project);
    return tx.scalar(std::string("SELECT COUNT(*) FROM ") + table_of(resource) + " WHERE project_id = ?", {project});
}

void set_quota(db::Transaction& tx, const std::string& project, QuotaResource resource, std::int64_t bound) {
    tx.exec(
        "INSERT INTO network_quotas (project_id, resource, bound) VALUES (?,?,?) "
        "ON CONFLICT (project_id, resource) DO UPDATE SET bound = excluded.bound",
        {project, std::string(quota_name(resource)), bound});
}

void delete_quotas(db::Transaction& tx, const std::string& project) {
    tx.exec("DELETE FROM network_quotas WHERE project_id = ?", {project});
}

std::map<std::string, Quotas> list_quotas(db::Transaction& tx, const config::Config& config) {
    Quotas defaults;
    for (const auto resource : kQuotaResources) defaults[resource] = default_quota(config, resource);
    std::map<std::string, Quotas> all;
    for (const auto& row : tx.query("SELECT project_id, resource, bound FROM network_quotas")) {
        auto& quotas = all.try_emplace(row.text("project_id"), defaults).first->second;
        for (auto& [resource, bound] : quotas) {
            if (row.text("resource") == quota_name(resource)) bound = row.number("bound");
        }
    }
    return all;
}

void check_quota(db::Transaction& tx, const config::Config& config, const std::string& project, QuotaResource resource,
                 std::int64_t more) {
    const auto bound = quota_of(tx, config, project, resource);
    if (bound < 0 || count_used(tx, project, resource) + more <= bound) return;
    throw Fault(ErrorCode::QuotaExceeded, 409, "OverQuota",
                "Quota exceeded for resources: ['" + std::string(quota_name(resource)) + "'].");
}

}  // namespace virga::network::repo
