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
/// Enabled users with a password and the role admin in the enabled project of this name in domain Default, or on the
/// system; `of_any_project`: in any enabled project.
std::vector<User> list_administrators(db::Transaction& tx, const std::string& project_name, bool of_any_project);
/// Throws Error{Conflict} when the name is taken in the domain.
void insert_user(db::Transaction& tx, const User& user);
/// Everything but the password.
void update_user(db::Transaction& tx, const User& user);
/// Writes password_hash and its times, remembers `kept` hashes before it, and ends all tokens of the user.
void set_password(db::Transaction& tx, const User& user, std::int64_t kept);
/// Hashes of passwords before the present one, the latest first.
std::vector<std::string> old_passwords(db::Transaction& tx, const std::string& user_id, std::int64_t most);
void note_login(db::Transaction& tx, const std::string& id, TimestampUs now);
/// Counts from one again when the last failure was before `since`. An unknown id costs as much.
void note_failed_login(db::Transaction& tx, const std::string& id, TimestampUs since, TimestampUs now);
/// The same password under other parameters; nothing happens when the password was changed meanwhile.
void replace_hash(db::Transaction& tx, const std::string& id, const std::string& before, const std::string& after);
/// Deletes the user with his role assignments and tokens.
void delete_user(db::Transaction& tx, const std::string& id);

}  // namespace virga::identity::repo
