#include "identity/repo/domain_repo.hpp"

#include "base/error.hpp"
#include "identity/repo/name_key.hpp"

namespace virga::identity::repo {
namespace {

Domain read(const db::Row& row) {
    return {row.text("id"), row.text("name"), row.text("description"), row.flag("enabled"),
            parse_object(row.text("extra"))};
}

void require_free_name(db::Transaction& tx, const Domain& domain) {
    const auto other = find_domain_named(tx, domain.name);
    if (other && other->id != domain.id) {
        throw Error(ErrorCode::Conflict, "A domain with the name " + domain.name + " exists already.");
    }
}

}  // namespace

std::optional<Domain> find_domain(db::Transaction& tx, const std::string& id) {
    const auto row = tx.query_one("SELECT * FROM domains WHERE id = ?", {id});
    if (!row) return std::nullopt;
    return read(*row);
}

std::optional<Domain> find_domain_named(db::Transaction& tx, const std::string& name) {
    const auto row = tx.query_one("SELECT * FROM domains WHERE " + same_name(), {name_key(name), name, name});
    if (!row) return std::nullopt;
    return read(*row);
}

std::vector<Domain> list_domains(db::Transaction& tx) {
    std::vector<Domain> out;
    for (const auto& row : tx.query("SELECT * FROM domains ORDER BY id")) out.push_back(read(row));
    return out;
}

std::vector<Domain> list_domains_of_user(db::Transaction& tx, const std::string& user_id) {
    std::vector<Domain> out;
    const auto rows = tx.query(
        "SELECT * FROM domains WHERE enabled = 1 AND id IN (SELECT target_id FROM role_assignments WHERE user_id = ? "
        "AND target = 'domain') ORDER BY id",
        {user_id});
    for (const auto& row : rows) out.push_back(read(row));
    return out;
}

void insert_domain(db::Transaction& tx, const Domain& domain) {
    require_free_name(tx, domain);
    tx.exec("INSERT INTO domains (id, name, name_key, description, enabled, extra) VALUES (?, ?, ?, ?, ?, ?)",
            {domain.id, domain.name, name_key(domain.name), domain.description, std::int64_t{domain.enabled},
             json::serialize(domain.extra)});
}

void update_domain(db::Transaction& tx, const Domain& domain) {
    require_free_name(tx, domain);
    tx.exec("UPDATE domains SET name = ?, name_key = ?, description = ?, enabled = ?, extra = ? WHERE id = ?",
            {domain.name, name_key(domain.name), domain.description, std::int64_t{domain.enabled},
             json::serialize(domain.extra), domain.id});
}

void delete_domain(db::Transaction& tx, const std::string& id) {
    tx.exec("DELETE FROM tokens WHERE domain_id = ?", {id});
    tx.exec("DELETE FROM tokens WHERE user_id IN (SELECT id FROM users WHERE domain_id = ?)", {id});
    tx.exec("DELETE FROM tokens WHERE project_id IN (SELECT id FROM projects WHERE domain_id = ?)", {id});
    tx.exec("DELETE FROM role_assignments WHERE user_id IN (SELECT id FROM users WHERE domain_id = ?)", {id});
    tx.exec(
        "DELETE FROM role_assignments WHERE target_id = ? OR target_id IN "
        "(SELECT id FROM projects WHERE domain_id = ?)",
        {id, id});
    tx.exec("DELETE FROM old_passwords WHERE user_id IN (SELECT id FROM users WHERE domain_id = ?)", {id});
    tx.exec("DELETE FROM users WHERE domain_id = ?", {id});
    tx.exec("DELETE FROM projects WHERE domain_id = ?", {id});
    tx.exec("DELETE FROM domains WHERE id = ?", {id});
}

}  // namespace virga::identity::repo
