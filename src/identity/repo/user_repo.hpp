#pragma once
#include <optional>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "identity/model/types.hpp"

namespace virga::identity::repo {

std::optional<User> find_user(db::Transaction& tx, const std::string& id);
std::optional<User> find_user_named(db::Transaction& tx, const std::string& domain_id, const std::string& name);
std::vector<User> list_users(db::Transaction& tx);
/// Throws Error{Conflict} when the name is taken in the domain.
void insert_user(db::Transaction& tx, const User& user);
void update_user(db::Transaction& tx, const User& user);
/// Deletes the user with his role assignments and tokens.
void delete_user(db::Transaction& tx, const std::string& id);

}  // namespace virga::identity::repo
