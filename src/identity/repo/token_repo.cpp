#include "identity/repo/token_repo.hpp"

#include <algorithm>
#include <string_view>

namespace virga::identity::repo {
namespace {

std::string join(const std::vector<std::string>& items) {
    std::string out;
    for (const auto& item : items) out += (out.empty() ? "" : " ") + item;
    return out;
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> out;
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        if (end > 0) out.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

Token read(const db::Row& row, const std::string& digest) {
    Token token;
    token.digest = digest;
    token.user_id = row.text("user_id");
    token.scope = {row.text("project_id"), row.text("domain_id"), row.flag("system")};
    token.methods = split(row.text("methods"));
    token.audit_ids = split(row.text("audit_ids"));
    token.issued_us = row.number("issued_us");
    token.expires_us = row.number("expires_us");
    return token;
}

}  // namespace

void insert_token(db::Transaction& tx, const Token& token) {
    constexpr std::int64_t kForgottenAtOnce = 100;
    tx.exec(
        "DELETE FROM tokens WHERE digest IN (SELECT digest FROM tokens WHERE expires_us < ? ORDER BY expires_us LIMIT "
        "?)",
        {token.issued_us, kForgottenAtOnce});
    tx.exec(
        "INSERT INTO tokens (digest, user_id, project_id, domain_id, system, methods, audit_ids, issued_us, "
        "expires_us, parent_digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {token.digest, token.user_id, db::nullable(token.scope.project_id), db::nullable(token.scope.domain_id),
         std::int64_t{token.scope.system}, join(token.methods), join(token.audit_ids), token.issued_us,
         token.expires_us, db::nullable(token.parent_digest)});
}

bool make_room_for_token(db::Transaction& tx, const Token& wanted, std::int64_t most) {
    const auto now = wanted.issued_us;
    const auto held =
        tx.scalar("SELECT COUNT(*) FROM tokens WHERE user_id = ? AND expires_us > ?", {wanted.user_id, now});
    if (held < most) return true;
    const auto first = tx.query(
        "SELECT digest, expires_us FROM tokens WHERE user_id = ? AND expires_us > ? ORDER BY expires_us, issued_us "
        "LIMIT ?",
        {wanted.user_id, now, held - most + 1});
    const bool has_parent = !wanted.parent_digest.empty();
    if (has_parent && first.back().number("expires_us") >= wanted.expires_us) return false;
    for (const auto& row : first) delete_token(tx, row.text("digest"));
    return true;
}

std::optional<Session> find_session(db::Transaction& tx, const std::string& digest, TimestampUs now) {
    const auto rows = tx.query(
        "SELECT t.user_id AS user_id, t.project_id AS project_id, t.domain_id AS domain_id, t.system AS system, "
        "t.methods AS methods, "
        "t.audit_ids AS audit_ids, t.issued_us AS issued_us, t.expires_us AS expires_us, u.name AS user_name, "
        "u.domain_id AS user_domain_id, ud.name AS user_domain_name, u.password_expires_us AS password_expires_us, "
        "p.name AS project_name, p.domain_id AS project_domain_id, pd.name AS project_domain_name, "
        "d.name AS domain_name, r.name AS role_name, r.id AS role_id, "
        "(SELECT MAX(revision) FROM identity_revision) AS revision "
        "FROM tokens t JOIN users u ON u.id = t.user_id AND u.enabled = 1 "
        "JOIN domains ud ON ud.id = u.domain_id AND ud.enabled = 1 "
        "LEFT JOIN projects p ON p.id = t.project_id LEFT JOIN domains pd ON pd.id = p.domain_id "
        "LEFT JOIN domains d ON d.id = t.domain_id "
        "LEFT JOIN role_assignments a ON a.user_id = t.user_id AND "
        "((a.target = 'project' AND a.target_id = t.project_id) OR (a.target = 'domain' AND a.target_id = "
        "t.domain_id) OR (a.target = 'system' AND t.system = 1)) "
        "LEFT JOIN roles r ON r.id = a.role_id "
        "WHERE t.digest = ? AND t.expires_us > ? AND (t.project_id IS NULL OR (p.enabled = 1 AND pd.enabled = 1)) "
        "AND (t.domain_id IS NULL OR d.enabled = 1)",
        {digest, now});
    if (rows.empty()) return std::nullopt;
    Session session;
    const auto& first = rows.front();
    session.token = read(first, digest);
    session.user_name = first.text("user_name");
    session.user_domain_id = first.text("user_domain_id");
    session.user_domain_name = first.text("user_domain_name");
    session.password_expires_us = first.number("password_expires_us");
    session.project_name = first.text("project_name");
    session.project_domain_id = first.text("project_domain_id");
    session.project_domain_name = first.text("project_domain_name");
    session.domain_name = first.text("domain_name");
    session.revision = first.number("revision");
    for (const auto& row : rows) {
        if (row.is_null("role_name")) continue;
        session.roles.push_back(row.text("role_name"));
        session.role_ids.push_back(row.text("role_id"));
    }
    if (session.roles.empty() && !session.token.scope.unscoped()) return std::nullopt;
    return session;
}

void delete_token(db::Transaction& tx, const std::string& digest) {
    tx.exec(
        "WITH RECURSIVE family (digest) AS (SELECT CAST(? AS TEXT) UNION SELECT t.digest FROM tokens t JOIN family f "
        "ON "
        "t.parent_digest = f.digest) DELETE FROM tokens WHERE digest IN (SELECT digest FROM family)",
        {digest});
}

void delete_tokens_of_user(db::Transaction& tx, const std::string& user_id) {
    tx.exec("DELETE FROM tokens WHERE user_id = ?", {user_id});
}

void delete_tokens_of_project(db::Transaction& tx, const std::string& project_id) {
    tx.exec("DELETE FROM tokens WHERE project_id = ?", {project_id});
}

void delete_tokens_of_domain(db::Transaction& tx, const std::string& domain_id) {
    tx.exec("DELETE FROM tokens WHERE domain_id = ?", {domain_id});
    tx.exec("DELETE FROM tokens WHERE user_id IN (SELECT id FROM users WHERE domain_id = ?)", {domain_id});
    tx.exec("DELETE FROM tokens WHERE project_id IN (SELECT id FROM projects WHERE domain_id = ?)", {domain_id});
}

}  // namespace virga::identity::repo
