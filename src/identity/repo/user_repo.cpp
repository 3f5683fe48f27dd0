#include "identity/repo/user_repo.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "identity/repo/name_key.hpp"

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
    user.extra = parse_object(row.text("extra"));
    user.options = parse_object(row.text("options"));
    user.password_changed_us = row.number("password_changed_us");
    user.password_expires_us = row.number("password_expires_us");
    user.active_us = row.number("active_us");
    user.failed_logins = row.number("failed_logins");
    user.failed_us = row.number("failed_us");
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
    const auto row = tx.query_one("SELECT * FROM users WHERE domain_id = ? AND " + same_name(),
                                  {domain_id, name_key(name), name, name});
    if (!row) return std::nullopt;
    return read(*row);
}

std::vector<User> list_users(db::Transaction& tx) {
    std::vector<User> out;
    for (const auto& row : tx.query("SELECT * FROM users ORDER BY name, id")) out.push_back(read(row));
    return out;
}

std::vector<User> list_administrators(db::Transaction& tx, const std::string& project_name, bool of_any_project) {
    std::vector<User> out;
    for (const auto& row : tx.query(
             "SELECT u.* FROM users u JOIN domains d ON d.id = u.domain_id AND d.enabled = 1 WHERE u.enabled = 1 AND "
             "u.password_hash IS NOT NULL AND u.id IN (SELECT a.user_id FROM role_assignments a "
             "JOIN roles r ON r.id = a.role_id AND r.name = 'admin' "
             "LEFT JOIN projects p ON a.target = 'project' AND p.id = a.target_id AND p.enabled = 1 "
             "AND p.domain_id IN (SELECT id FROM domains WHERE enabled = 1) "
             "WHERE a.target = 'system' OR (p.domain_id = ? AND p.name = ?) OR (p.id IS NOT NULL AND ? = 1)) "
             "ORDER BY u.id",
             {kDefaultDomain, project_name, std::int64_t{of_any_project}})) {
        out.push_back(read(row));
    }
    return out;
}

void insert_user(db::Transaction& tx, const User& user) {
    require_free_name(tx, user);
    tx.exec(
        "INSERT INTO users (id, domain_id, name, name_key, password_hash, default_project_id, email, description, "
        "enabled, extra, options, password_changed_us, password_expires_us, active_us) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {user.id, user.domain_id, user.name, name_key(user.name), db::nullable(user.password_hash),
         db::nullable(user.default_project_id), db::nullable(user.email), db::nullable(user.description),
         std::int64_t{user.enabled}, json::serialize(user.extra), json::serialize(user.options),
         user.password_changed_us, user.password_expires_us, user.active_us});
}

void update_user(db::Transaction& tx, const User& user) {
    require_free_name(tx, user);
    tx.exec(
        "UPDATE users SET name = ?, name_key = ?, default_project_id = ?, email = ?, description = ?, enabled = ?, "
        "extra = ?, options = ?, active_us = ?, failed_logins = ?, failed_us = ? WHERE id = ?",
        {user.name, name_key(user.name), db::nullable(user.default_project_id), db::nullable(user.email),
         db::nullable(user.description), std::int64_t{user.enabled}, json::serialize(user.extra),
         json::serialize(user.options), user.active_us, user.failed_logins, user.failed_us, user.id});
}

void set_password(db::Transaction& tx, const User& user, std::int64_t kept) {
    tx.exec(
        "INSERT INTO old_passwords (user_id, changed_us, password_hash) SELECT id, password_changed_us, password_hash "
        "FROM users WHERE id = ? AND password_hash IS NOT NULL",
        {user.id});
    tx.exec(
        "DELETE FROM old_passwords WHERE user_id = ? AND changed_us NOT IN (SELECT changed_us FROM old_passwords WHERE "
        "user_id = ? ORDER BY changed_us DESC LIMIT ?)",
        {user.id, user.id, std::max<std::int64_t>(kept, 0)});
    tx.exec(
        "UPDATE users SET password_hash = ?, password_changed_us = ?, password_expires_us = ?, failed_logins = 0, "
        "failed_us = 0 WHERE id = ?",
        {db::nullable(user.password_hash), user.password_changed_us, user.password_expires_us, user.id});
    tx.exec("DELETE FROM tokens WHERE user_id = ?", {user.id});
}

std::vector<std::string> old_passwords(db::Transaction& tx, const std::string& user_id, std::int64_t most) {
    std::vector<std::string> out;
    for (const auto& row :
         tx.query("SELECT password_hash FROM old_passwords WHERE user_id = ? ORDER BY changed_us DESC LIMIT ?",
                  {user_id, most})) {
        out.push_back(row.text("password_hash"));
    }
    return out;
}

void note_login(db::Transaction& tx, const std::string& id, TimestampUs now) {
    tx.exec("UPDATE users SET active_us = ?, failed_logins = 0, failed_us = 0 WHERE id = ?", {now, id});
}

void note_failed_login(db::Transaction& tx, const std::string& id, TimestampUs since, TimestampUs now) {
    tx.exec(
        "UPDATE users SET failed_logins = CASE WHEN failed_us < ? THEN 1 ELSE failed_logins + 1 END, failed_us = ? "
        "WHERE id = ?",
        {since, now, id});
}

void replace_hash(db::Transaction& tx, const std::string& id, const std::string& before, const std::string& after) {
    tx.exec("UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ?", {after, id, before});
}

void delete_user(db::Transaction& tx, const std::string& id) {
    tx.exec("DELETE FROM tokens WHERE user_id = ?", {id});
    tx.exec("DELETE FROM role_assignments WHERE user_id = ?", {id});
    tx.exec("DELETE FROM old_passwords WHERE user_id = ?", {id});
    tx.exec("DELETE FROM users WHERE id = ?", {id});
}

}  // namespace virga::identity::repo
