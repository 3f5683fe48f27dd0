#pragma once
#include <optional>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "identity/model/types.hpp"

namespace virga::identity::repo {

std::optional<Project> find_project(db::Transaction& tx, const std::string& id);
std::optional<Project> find_project_named(db::Transaction& tx, const std::string& domain_id, const std::string& name);
std::vector<Project> list_projects(db::Transaction& tx);
/// Those whose parent it is.
std::vector<Project> list_projects_below(db::Transaction& tx, const std::string& id);
/// Enabled projects of enabled domains on which the user has a role.
std::vector<Project> list_projects_of_user(db::Transaction& tx, const std::string& user_id);
/// Throws Error{Conflict} when the name is taken in the domain.
void insert_project(db::Transaction& tx, const Project& project);
void update_project(db::Transaction& tx, const Project& project);
/// Deletes the project with its role assignments and tokens.
void delete_project(db::Transaction& tx, const std::string& id);

}  // namespace virga::identity::repo
