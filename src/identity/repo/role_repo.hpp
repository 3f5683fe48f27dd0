#pragma once
#include <optional>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "identity/model/types.hpp"

namespace virga::identity::repo {

std::optional<Role> find_role(db::Transaction& tx, const std::string& id);
std::optional<Role> find_role_named(db::Transaction& tx, const std::string& name);
std::vector<Role> list_roles(db::Transaction& tx);
/// Throws Error{Conflict} when the name is taken.
void insert_role(db::Transaction& tx, const Role& role);
void update_role(db::Transaction& tx, const Role& role);
/// Deletes the role with its assignments, and the tokens that have it.
void delete_role(db::Transaction& tx, const std::string& id);

/// Nothing happens when the user has the role already.
void grant(db::Transaction& tx, const Assignment& assignment);
/// False when the user didn't have the role. His tokens for that target end, whatever else he is there.
bool revoke(db::Transaction& tx, const Assignment& assignment);
bool has_assignment(db::Transaction& tx, const Assignment& assignment);
/// Roles of a user on one target, by name.
std::vector<Role> roles_on(db::Transaction& tx, const std::string& user_id, TargetKind target,
                           const std::string& target_id);

/// Each empty member matches everything.
struct AssignmentFilter {
    std::string user_id;
    std::string role_id;
    std::string project_id;
    std::string domain_id;
    bool system = false;  ///< only roles on the whole cloud
};
std::vector<Assignment> list_assignments(db::Transaction& tx, const AssignmentFilter& filter);

}  // namespace virga::identity::repo
