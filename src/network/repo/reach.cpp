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
    query.branches.push_back({"t.project_id = ?", {project}});
    query.branches.push_back({"t.network_owner = ?", {project}});
}

void only_own(ListQuery& query, const std::string& project) {
    query.add("t.project_id = ?", {project});
}

}  // namespace virga::network::repo
