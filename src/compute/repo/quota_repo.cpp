#include "compute/repo/quota_repo.hpp"

namespace virga::compute::repo {

std::optional<std::int64_t> find_quota(db::Transaction& tx, const std::string& project, const std::string& resource) {
    const auto row = tx.query_one("SELECT hard_limit FROM compute_quotas WHERE project_id = ? AND resource = ?",
                                  {project, resource});
    return row ? std::optional(row->number("hard_limit")) : std::nullopt;
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
