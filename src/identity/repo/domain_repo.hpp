#pragma once
#include <optional>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "identity/model/types.hpp"

namespace virga::identity::repo {

std::optional<Domain> find_domain(db::Transaction& tx, const std::string& id);
std::optional<Domain> find_domain_named(db::Transaction& tx, const std::string& name);
std::vector<Domain> list_domains(db::Transaction& tx);
/// Enabled domains in which the user has a role.
std::vector<Domain> list_domains_of_user(db::Transaction& tx, const std::string& user_id);
/// Throws Error{Conflict} when the name is taken.
void insert_domain(db::Transaction& tx, const Domain& domain);
void update_domain(db::Transaction& tx, const Domain& domain);
/// Deletes the domain with its users, projects, role assignments and tokens.
void delete_domain(db::Transaction& tx, const std::string& id);

}  // namespace virga::identity::repo
