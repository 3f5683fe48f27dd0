#include "network/repo/server_groups.hpp"

#include <algorithm>
#include <set>

#include "network/repo/list_query.hpp"
#include "network/repo/security_group_repo.hpp"

namespace virga::network::repo {
namespace {

IngressRule ingress_rule(db::Transaction& tx, const SecurityGroupRule& rule) {
    IngressRule out{rule.id, rule.protocol, rule.port_min, rule.port_max, rule.remote_ip_prefix, {}, {}};
    if (rule.remote_group_id.empty()) return out;
    if (const auto remote =
            tx.query_one("SELECT name, project_id FROM security_groups WHERE id = ?", {rule.remote_group_id})) {
        out.remote_group_name = remote->text("name");
        out.remote_group_project = remote->text("project_id");
    }
    return out;
}

using GroupNames = std::unordered_map<std::string, std::string>;

GroupNames names_of_groups(db::Transaction& tx, const std::set<std::string>& groups) {
    GroupNames names;
    in_pieces({groups.begin(), groups.end()}, [&](const std::string& marks, const db::Params& params) {
        for (const auto& row : tx.query("SELECT id, name FROM security_groups WHERE id IN (" + marks + ")", params))
            names.emplace(row.text("id"), row.text("name"));
    });
    return names;
}

/// In the place of ids: each once, in their order.
void put_names(const GroupNames& names, std::vector<std::string>& groups) {
    for (auto& group : groups) group = names.at(group);
    std::sort(groups.begin(), groups.end());
    groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
}

}  // namespace

std::unordered_map<ServerId, std::vector<std::string>> group_names_of_servers(db::Transaction& tx,
                                                                              const std::vector<ServerId>& servers) {
    std::vector<std::string> ids;
    ids.reserve(servers.size());
    for (const auto& server : servers) ids.push_back(server.value);
    std::unordered_map<ServerId, std::vector<std::string>> groups;
    std::set<std::string> used;
    in_pieces(ids, [&](const std::string& marks, const db::Params& params) {
        tx.each(
            "SELECT p.server_id, l.security_group_id FROM ports p"
            " LEFT JOIN port_security_groups l ON l.port_id = p.id WHERE p.leaving = 0 AND p.server_id IN (" +
                marks + ")",
            params, [&](const db::Row& row) {
                auto& own = groups[ServerId(row.text("server_id"))];
                if (row.is_null("security_group_id")) return;
                own.push_back(row.text("security_group_id"));
                used.insert(own.back());
            });
    });
    const auto names = names_of_groups(tx, used);
    for (auto& [server, own] : groups) put_names(names, own);
    return groups;
}

std::vector<ServerSecurityGroup> groups_of_server(db::Transaction& tx, const ServerId& server) {
    ListQuery query;
    query.add(
        "t.id IN (SELECT l.security_group_id FROM port_security_groups l JOIN ports p ON p.id = l.port_id"
        " WHERE p.leaving = 0 AND p.server_id = ?)",
        {server.value});
    query.order = "t.name, t.id";
    std::vector<ServerSecurityGroup> groups;
    for (const auto& group : list_security_groups(tx, query)) {
        ServerSecurityGroup out{group.id, group.name, group.description, group.project_id, {}};
        for (const auto& rule : group.rules) {
            if (rule.direction == "ingress") out.rules.push_back(ingress_rule(tx, rule));
        }
        groups.push_back(std::move(out));
    }
    return groups;
}

}  // namespace virga::network::repo
