#include "network/repo/security_group_repo.hpp"

#include <unordered_map>

#include "base/ids.hpp"
#include "network/repo/standard_row.hpp"

namespace virga::network::repo {
namespace {

SecurityGroup read_group(const db::Row& row) {
    SecurityGroup group;
    read_standard(row, group);
    group.stateful = row.flag("stateful");
    group.is_default = row.flag("is_default");
    return group;
}

void insert_group_row(db::Transaction& tx, SecurityGroup& group) {
    stamp_new(group);
    auto params = standard_values(group);
    params.emplace_back(std::int64_t{group.stateful});
    params.emplace_back(std::int64_t{group.is_default});
    tx.exec(std::string("INSERT INTO security_groups (") + kStandardColumns +
                ", stateful, is_default) VALUES (?,?,?,?,?,?,?,?,?)",
            params);
}

void add_rule(db::Transaction& tx, SecurityGroup& group, const char* direction, const char* ethertype,
              const std::string& remote_group) {
    SecurityGroupRule rule;
    rule.id = new_uuid();
    rule.project_id = group.project_id;
    rule.group_id = group.id;
    rule.direction = direction;
    rule.ethertype = ethertype;
    rule.remote_group_id = remote_group;
    insert_security_group_rule(tx, rule);
    group.rules.push_back(std::move(rule));
}

}  // namespace

std::vector<SecurityGroup> list_security_groups(db::Transaction& tx, const ListQuery& query) {
    std::vector<SecurityGroup> groups;
    for (const auto& row : query.rows(tx, "t.*", "security_groups")) {
        groups.push_back(read_group(row));
    }
    std::unordered_map<std::string, SecurityGroup*> by_id;
    std::vector<std::string> ids;
    for (auto& group : groups) {
        by_id[group.id] = &group;
        ids.push_back(group.id);
    }
    in_pieces(ids, [&](const std::string& marks, const db::Params& params) {
        ListQuery rules;
        rules.add("t.security_group_id IN (" + marks + ")", params);
        rules.order = "t.created_us, t.id";
        for (auto& rule : list_security_group_rules(tx, rules))
            by_id.at(rule.group_id)->rules.push_back(std::move(rule));
    });
    return groups;
}

bool has_security_group(db::Transaction& tx, const std::string& id) {
    return tx.query_one("SELECT id FROM security_groups WHERE id = ?", {id}).has_value();
}

std::optional<SecurityGroup> find_security_group(db::Transaction& tx, const std::string& id) {
    auto found = list_security_groups(tx, by_id(id));
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

std::vector<std::string> security_groups_called(db::Transaction& tx, const std::string& project,
                                                const std::string& id_or_name) {
    std::vector<std::string> ids;
    for (const auto& row : tx.query("SELECT id FROM security_groups WHERE project_id = ? AND (id = ? OR name = ?)",
                                    {project, id_or_name, id_or_name}))
        ids.push_back(row.text("id"));
    return ids;
}

void insert_security_group(db::Transaction& tx, SecurityGroup& group) {
    insert_group_row(tx, group);
    for (const auto* ethertype : {"IPv4", "IPv6"}) add_rule(tx, group, "egress", ethertype, "");
}

void update_security_group(db::Transaction& tx, SecurityGroup& group) {
    stamp_change(group);
    tx.exec(
        "UPDATE security_groups SET name = ?, description = ?, updated_us = ?, revision = ?, stateful = ? "
        "WHERE id = ?",
        {group.name, group.description, group.updated_us, group.revision, std::int64_t{group.stateful}, group.id});
}

void delete_security_group(db::Transaction& tx, const std::string& id) {
    tx.exec("DELETE FROM security_group_rules WHERE security_group_id = ? OR remote_group_id = ?", {id, id});
    tx.exec("DELETE FROM security_groups WHERE id = ?", {id});
}

bool security_group_is_used(db::Transaction& tx, const std::string& id) {
    return tx.query_one("SELECT port_id FROM port_security_groups WHERE security_group_id = ? LIMIT 1", {id})
        .has_value();
}

std::string default_group_id(const std::string& project) {
    return derived_uuid(project, "default-security-group");
}

bool has_default_group(db::Transaction& tx, const std::string& project) {
    return tx.query_one("SELECT id FROM security_groups WHERE project_id = ? AND is_default = 1", {project})
        .has_value();
}

void ensure_default_group(db::Transaction& tx, const std::string& project) {
    if (project.empty() || has_default_group(tx, project)) return;
    SecurityGroup group;
    group.id = default_group_id(project);
    group.project_id = project;
    group.name = kDefaultGroupName;
    group.description = "Default security group";
    group.is_default = true;
    insert_security_group(tx, group);
    for (const auto* ethertype : {"IPv4", "IPv6"}) add_rule(tx, group, "ingress", ethertype, group.id);
}

}  // namespace virga::network::repo
