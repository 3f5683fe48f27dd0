#include "identity/repo/role_repo.hpp"

#include "base/error.hpp"
#include "identity/repo/name_key.hpp"
#include "identity/repo/revision.hpp"

namespace virga::identity::repo {
namespace {

Role read(const db::Row& row) {
    return {row.text("id"), row.text("name"), row.text("description"), parse_object(row.text("extra"))};
}

std::vector<Role> read_all(const std::vector<db::Row>& rows) {
    std::vector<Role> out;
    for (const auto& row : rows) out.push_back(read(row));
    return out;
}

void require_free_name(db::Transaction& tx, const Role& role) {
    const auto other = find_role_named(tx, role.name);
    if (other && other->id != role.id) {
        throw Error(ErrorCode::Conflict, "A role with the name " + role.name + " exists already.");
    }
}

db::Params key_of(const Assignment& a) {
    return {a.user_id, to_string(a.target), a.target_id, a.role_id};
}

TargetKind target_kind_of(const std::string& text) {
    if (text == "system") return TargetKind::System;
    return text == "domain" ? TargetKind::Domain : TargetKind::Project;
}

Assignment read_assignment(const db::Row& row) {
    return {row.text("user_id"), target_kind_of(row.text("target")), row.text("target_id"), row.text("role_id")};
}

}  // namespace

std::optional<Role> find_role(db::Transaction& tx, const std::string& id) {
    const auto row = tx.query_one("SELECT * FROM roles WHERE id = ?", {id});
    if (!row) return std::nullopt;
    return read(*row);
}

std::optional<Role> find_role_named(db::Transaction& tx, const std::string& name) {
    const auto row = tx.query_one("SELECT * FROM roles WHERE " + same_name(), {name_key(name), name, name});
    if (!row) return std::nullopt;
    return read(*row);
}

std::vector<Role> list_roles(db::Transaction& tx) {
    return read_all(tx.query("SELECT * FROM roles ORDER BY name"));
}

void insert_role(db::Transaction& tx, const Role& role) {
    require_free_name(tx, role);
    count_change(tx);
    tx.exec("INSERT INTO roles (id, name, name_key, description, extra) VALUES (?, ?, ?, ?, ?)",
            {role.id, role.name, name_key(role.name), db::nullable(role.description), json::serialize(role.extra)});
}

void update_role(db::Transaction& tx, const Role& role) {
    require_free_name(tx, role);
    count_change(tx);
    tx.exec("UPDATE roles SET name = ?, name_key = ?, description = ?, extra = ? WHERE id = ?",
            {role.name, name_key(role.name), db::nullable(role.description), json::serialize(role.extra), role.id});
}

void delete_role(db::Transaction& tx, const std::string& id) {
    count_change(tx);
    tx.exec(
        "DELETE FROM tokens WHERE EXISTS (SELECT 1 FROM role_assignments a WHERE a.role_id = ? AND "
        "a.user_id = tokens.user_id AND (a.target_id IN (tokens.project_id, tokens.domain_id) OR (a.target = 'system' "
        "AND tokens.system = 1)))",
        {id});
    tx.exec("DELETE FROM role_assignments WHERE role_id = ?", {id});
    tx.exec("DELETE FROM roles WHERE id = ?", {id});
}

void grant(db::Transaction& tx, const Assignment& assignment) {
    tx.exec(
        "INSERT INTO role_assignments (user_id, target, target_id, role_id) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (user_id, target, target_id, role_id) DO NOTHING",
        key_of(assignment));
}

bool revoke(db::Transaction& tx, const Assignment& assignment) {
    const bool had = tx.exec(
                         "DELETE FROM role_assignments WHERE user_id = ? AND target = ? AND target_id = ? AND "
                         "role_id = ?",
                         key_of(assignment)) > 0;
    if (had) {
        tx.exec("DELETE FROM tokens WHERE user_id = ? AND (project_id = ? OR domain_id = ? OR (system = 1 AND ? = 1))",
                {assignment.user_id, assignment.target_id, assignment.target_id,
                 std::int64_t{assignment.target == TargetKind::System}});
    }
    return had;
}

bool has_assignment(db::Transaction& tx, const Assignment& assignment) {
    return tx.scalar(
               "SELECT COUNT(*) FROM role_assignments WHERE user_id = ? AND target = ? AND target_id = ? AND "
               "role_id = ?",
               key_of(assignment)) > 0;
}

std::vector<Role> roles_on(db::Transaction& tx, const std::string& user_id, TargetKind target,
                           const std::string& target_id) {
    return read_all(
        tx.query("SELECT r.* FROM role_assignments a JOIN roles r ON r.id = a.role_id WHERE a.user_id = ? AND "
                 "a.target = ? AND a.target_id = ? ORDER BY r.name",
                 {user_id, to_string(target), target_id}));
}

std::vector<Assignment> list_assignments(db::Transaction& tx, const AssignmentFilter& filter) {
    std::string sql = "SELECT * FROM role_assignments WHERE 1 = 1";
    db::Params params;
    const auto narrow = [&](const char* condition, const std::string& value) {
        if (value.empty()) return;
        sql += condition;
        params.emplace_back(value);
    };
    narrow(" AND user_id = ?", filter.user_id);
    narrow(" AND role_id = ?", filter.role_id);
    narrow(" AND target = 'project' AND target_id = ?", filter.project_id);
    narrow(" AND target = 'domain' AND target_id = ?", filter.domain_id);
    if (filter.system) sql += " AND target = 'system'";
    std::vector<Assignment> out;
    for (const auto& row : tx.query(sql + " ORDER BY user_id, target_id, role_id", params)) {
        out.push_back(read_assignment(row));
    }
    return out;
}

}  // namespace virga::identity::repo
