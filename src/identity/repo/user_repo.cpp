#include "identity/repo/user_repo.hpp"

#include "base/error.hpp"

namespace virga::identity::repo {
namespace {

User read(const db::Row& row) {
    User user;
    user.id = row.text("id");
    user.domain_id = row.text("domain_id");
    user.name = row.text("name");
    user.password_hash = row.text("password_hash");
    user.default_project_id = row.text("default_project_id");
    user.email = row.text("email");
    user.description = row.text("description");
    user.enabled = row.flag("enabled");
    return user;
}

void require_free_name(db::Transaction& tx, const User& user) {
    const auto other = find_user_named(tx, user.domain_id, user.name);
    if (other && other->id != user.id) {
        throw Error(ErrorCode::Conflict, "A user with the name " + user.name + " exists already in this domain.");
    }
}

}  // namespace

std::optional<User> find_user(db::Transaction& tx, const std::string& id) {
    const auto row = tx.query_one("SELECT * FROM users WHERE id = ?", {id});
    if (!row) return std::nullopt;
    return read(*row);
}

std::optional<User> find_user_named(db::Transaction& tx, const std::string& domain_id, const std::string& name) {
    const auto row = tx.query_one("SELECT * FROM users WHERE domain_id = ? AND name = ?", {domain_id, name});
    if (!row) return std::nullopt;
    return read(*row);
}

std::vector<User> list_users(db::Transaction& tx) {
    std::vector<User> out;
    for (const auto& row : tx.query("SELECT * FROM users ORDER BY name, id")) out.push_back(read(row));
    return out;
}

void insert_user(db::Transaction& tx, const User& user) {
    require_free_name(tx, user);
    tx.exec(
        "INSERT INTO users (id, domain_id, name, password_hash, default_project_id, email, description, enabled) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        {user.id, user.domain_id, user.name, db::nullable(user.password_hash), db::nullable(user.default_project_id),
         db::nullable(user.email), db::nullable(user.description), std::int64_t{user.enabled}});
}

void update_user(db::Transaction& tx, const User& user) {
    require_free_name(tx, user);
    tx.exec(
        "UPDATE users SET name = ?, password_hash = ?, default_project_id = ?, email = ?, description = ?, "
        "enabled = ? WHERE id = ?",
        {user.name, db::nullable(user.password_hash), db::nullable(user.default_project_id), db::nullable(user.email),
         db::nullable(user.description), std::int64_t{user.enabled}, user.id});
}

void delete_user(db::Transaction& tx, const std::string& id) {
    tx.exec("DELETE FROM tokens WHERE user_id = ?", {id});
    tx.exec("DELETE FROM role_assignments WHERE user_id = ?", {id});
    tx.exec("DELETE FROM users WHERE id = ?", {id});
}

}  // namespace virga::identity::repo
