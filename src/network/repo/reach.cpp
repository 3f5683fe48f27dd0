#include "network/repo/reach.hpp"

namespace virga::network::repo {

void only_networks_of(ListQuery& query, const std::string& project) {
    query.add("t.project_id = ? OR t.shared = 1", {project});
}

void only_subnets_of(ListQuery& query, const std::string& project) {
    query.add("t.project_id = ? OR t.network_id IN (SELECT id FROM networks WHERE shared = 1 OR project_id = ?)",
              {project, project});
}

void only_ports_of(ListQuery& query, const std::string& project) {
    // Not by OR: a page is merged from what two indices have in its order.
    query.source =
        "(SELECT * FROM ports WHERE project_id = ? UNION ALL SELECT * FROM ports WHERE project_id <> ? AND network_id "
        "IN "
        "(SELECT id FROM networks WHERE project_id = ?))";
    query.params.insert(query.params.begin(), 3, project);
}

void only_own(ListQuery& query, const std::string& project) {
    query.add("t.project_id = ?", {project});
}

}  // namespace virga::network::repo
