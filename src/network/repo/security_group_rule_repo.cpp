#include "network/repo/security_group_repo.hpp"
#include "network/repo/standard_row.hpp"

namespace virga::network::repo {
namespace {

SecurityGroupRule read_rule(const db::Row& row) {
    SecurityGroupRule rule;
    read_standard(row, rule);
    rule.group_id = row.text("security_group_id");
    rule.direction = row.text("direction");
    rule.ethertype = row.text("ethertype");
    rule.protocol = row.text("protocol");
    rule.port_min = row.optional_number("port_range_min");
    rule.port_max = row.optional_number("port_range_max");
    rule.remote_ip_prefix = row.text("remote_ip_prefix");
    rule.remote_group_id = row.text("remote_group_id");
    return rule;
}

}  // namespace

std::vector<SecurityGroupRule> list_security_group_rules(db::Transaction& tx, const ListQuery& query) {
    std::vector<SecurityGroupRule> rules;
    for (const auto& row : query.rows(tx, "t.*", "security_group_rules")) {
        rules.push_back(read_rule(row));
    }
    return rules;
}

std::optional<SecurityGroupRule> find_security_group_rule(db::Transaction& tx, const std::string& id) {
    auto found = list_security_group_rules(tx, by_id(id));
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

void insert_security_group_rule(db::Transaction& tx, SecurityGroupRule& rule) {
    stamp_new(rule);
    auto params = standard_values(rule);
    const db::Params rest{rule.group_id,
                          rule.direction,
                          rule.ethertype,
                          db::nullable(rule.protocol),
                          db::nullable(rule.port_min),
                          db::nullable(rule.port_max),
                          db::nullable(rule.remote_ip_prefix),
                          db::nullable(rule.remote_group_id)};
    params.insert(params.end(), rest.begin(), rest.end());
    tx.exec(std::string("INSERT INTO security_group_rules (") + kStandardColumns +
                ", security_group_id, direction, ethertype, protocol, port_range_min, port_range_max, "
                "remote_ip_prefix, remote_group_id) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            params);
}

void delete_security_group_rule(db::Transaction& tx, const std::string& id) {
    tx.exec("DELETE FROM security_group_rules WHERE id = ?", {id});
}

}  // namespace virga::network::repo
