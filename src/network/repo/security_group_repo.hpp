#pragma once
#include <optional>

#include "network/model/types.hpp"
#include "network/repo/list_query.hpp"

namespace virga::network::repo {

/// With their rules.
std::vector<SecurityGroup> list_security_groups(db::Transaction& tx, const ListQuery& query);
bool has_security_group(db::Transaction& tx, const std::string& id);
std::optional<SecurityGroup> find_security_group(db::Transaction& tx, const std::string& id);
/// Ids of those of the project with this id or name.
std::vector<std::string> security_groups_called(db::Transaction& tx, const std::string& project,
                                                const std::string& id_or_name);
/// With two rules that let all traffic out.
void insert_security_group(db::Transaction& tx, SecurityGroup& group);
void update_security_group(db::Transaction& tx, SecurityGroup& group);
/// Its rules and the rules that refer to it go with it. No port may use it.
void delete_security_group(db::Transaction& tx, const std::string& id);
bool security_group_is_used(db::Transaction& tx, const std::string& id);

/// Always the same id for a project, also before the group is made.
std::string default_group_id(const std::string& project);
bool has_default_group(db::Transaction& tx, const std::string& project);
/// Makes the default group of the project when it is missing: all traffic out, and in from members.
void ensure_default_group(db::Transaction& tx, const std::string& project);

std::vector<SecurityGroupRule> list_security_group_rules(db::Transaction& tx, const ListQuery& query);
std::optional<SecurityGroupRule> find_security_group_rule(db::Transaction& tx, const std::string& id);
void insert_security_group_rule(db::Transaction& tx, SecurityGroupRule& rule);
void delete_security_group_rule(db::Transaction& tx, const std::string& id);

}  // namespace virga::network::repo
