#include "compute/repo/quota_repo.hpp"

namespace virga::compute::repo {

std::map<std::string, std::int64_t> quotas_of(db::Transaction& tx, const std::string& project) {
    std::map<std::string, std::int64_t> limits;
    for (const auto& row : tx.query("SELECT resource, hard_limit FROM compute_quotas WHERE project_id = ?", {project}))
        limits[row.text("resource")] = row.number("hard_limit");
    return limits;
}

void set_quota(db::Transaction& tx, const std::string& project, const std::string& resource, std::int64_t limit) {
    tx.exec(
        "INSERT INTO compute_quotas (project_id, resource, hard_limit) VALUES (?, ?, ?)"
        " ON CONFLICT (project_id, resource) DO UPDATE SET hard_limit = excluded.hard_limit",
        {project, resource, limit});
}

void forget_quotas(db::Transaction& tx, const std::string& project) {
    tx.exec("DELETE FROM compute_quotas WHERE project_id = ?", {project});
}

}  // namespace virga::compute::repo
