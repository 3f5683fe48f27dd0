#include "identity/service.hpp"

namespace virga::identity {

const std::vector<db::Migration>& migrations() {
    static const std::vector<db::Migration> steps{
        {"identity",
         1,
         {
             "CREATE TABLE domains (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT, "
             "enabled BIGINT NOT NULL)",
             "CREATE TABLE projects (id TEXT PRIMARY KEY, domain_id TEXT NOT NULL, name TEXT NOT NULL, "
             "description TEXT, parent_id TEXT NOT NULL, enabled BIGINT NOT NULL, tags TEXT NOT NULL, "
             "UNIQUE (domain_id, name))",
             "CREATE TABLE users (id TEXT PRIMARY KEY, domain_id TEXT NOT NULL, name TEXT NOT NULL, "
             "password_hash TEXT, default_project_id TEXT, email TEXT, description TEXT, enabled BIGINT NOT NULL, "
             "UNIQUE (domain_id, name))",
             "CREATE TABLE roles (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT)",
             "CREATE TABLE role_assignments (user_id TEXT NOT NULL, target TEXT NOT NULL, target_id TEXT NOT NULL, "
             "role_id TEXT NOT NULL, PRIMARY KEY (user_id, target, target_id, role_id))",
             "CREATE INDEX role_assignments_by_target ON role_assignments (target, target_id)",
             "CREATE TABLE tokens (digest TEXT PRIMARY KEY, user_id TEXT NOT NULL, project_id TEXT, domain_id TEXT, "
             "methods TEXT NOT NULL, audit_ids TEXT NOT NULL, issued_us BIGINT NOT NULL, expires_us BIGINT NOT NULL)",
             "CREATE INDEX tokens_by_user ON tokens (user_id)",
             "CREATE INDEX tokens_by_project ON tokens (project_id)",
             "CREATE INDEX tokens_by_expiry ON tokens (expires_us)",
             "CREATE TABLE catalog_regions (id TEXT PRIMARY KEY, description TEXT, parent_region_id TEXT)",
             "CREATE TABLE catalog_services (id TEXT PRIMARY KEY, type TEXT NOT NULL, name TEXT, description TEXT, "
             "enabled BIGINT NOT NULL)",
             "CREATE TABLE catalog_endpoints (id TEXT PRIMARY KEY, service_id TEXT NOT NULL, "
             "interface TEXT NOT NULL, url TEXT NOT NULL, region TEXT, enabled BIGINT NOT NULL)",
         }},
        // Tokens for the whole cloud.
        {"identity", 2, {"ALTER TABLE tokens ADD COLUMN system BIGINT NOT NULL DEFAULT 0"}},
        {"identity",
         3,
         {
             // name_key is the name as it is compared: see repo/name_key.hpp. Names that exist already and differ in
             // case only stay; the exact one is found first.
             "ALTER TABLE domains ADD COLUMN name_key TEXT NOT NULL DEFAULT ''",
             "ALTER TABLE projects ADD COLUMN name_key TEXT NOT NULL DEFAULT ''",
             "ALTER TABLE users ADD COLUMN name_key TEXT NOT NULL DEFAULT ''",
             "ALTER TABLE roles ADD COLUMN name_key TEXT NOT NULL DEFAULT ''",
             "UPDATE domains SET name_key = LOWER(name)",
             "UPDATE projects SET name_key = LOWER(name)",
             "UPDATE users SET name_key = LOWER(name)",
             "UPDATE roles SET name_key = LOWER(name)",
             "CREATE INDEX domains_by_name_key ON domains (name_key)",
             "CREATE INDEX projects_by_name_key ON projects (domain_id, name_key)",
             "CREATE INDEX users_by_name_key ON users (domain_id, name_key)",
             "CREATE INDEX roles_by_name_key ON roles (name_key)",
             "ALTER TABLE domains ADD COLUMN extra TEXT NOT NULL DEFAULT '{}'",
             "ALTER TABLE projects ADD COLUMN extra TEXT NOT NULL DEFAULT '{}'",
             "ALTER TABLE users ADD COLUMN extra TEXT NOT NULL DEFAULT '{}'",
             "ALTER TABLE roles ADD COLUMN extra TEXT NOT NULL DEFAULT '{}'",
             "ALTER TABLE catalog_services ADD COLUMN extra TEXT NOT NULL DEFAULT '{}'",
             "ALTER TABLE catalog_endpoints ADD COLUMN extra TEXT NOT NULL DEFAULT '{}'",
             "ALTER TABLE catalog_regions ADD COLUMN extra TEXT NOT NULL DEFAULT '{}'",
             "ALTER TABLE users ADD COLUMN options TEXT NOT NULL DEFAULT '{}'",
             "ALTER TABLE users ADD COLUMN password_changed_us BIGINT NOT NULL DEFAULT 0",
             "ALTER TABLE users ADD COLUMN password_expires_us BIGINT NOT NULL DEFAULT 0",
             "ALTER TABLE users ADD COLUMN active_us BIGINT NOT NULL DEFAULT 0",
             "ALTER TABLE users ADD COLUMN failed_logins BIGINT NOT NULL DEFAULT 0",
             "ALTER TABLE users ADD COLUMN failed_us BIGINT NOT NULL DEFAULT 0",
             "CREATE TABLE old_passwords (user_id TEXT NOT NULL, changed_us BIGINT NOT NULL, "
             "password_hash TEXT NOT NULL)",
             "CREATE INDEX old_passwords_by_user ON old_passwords (user_id, changed_us)",
             "ALTER TABLE tokens ADD COLUMN parent_digest TEXT",
             "CREATE INDEX tokens_by_parent ON tokens (parent_digest)",
         }},
        // What a user holds is counted each time when he gets one more.
        {"identity",
         4,
         {
             "CREATE INDEX tokens_by_user_and_expiry ON tokens (user_id, expires_us, issued_us)",
             "DROP INDEX tokens_by_user",
         }},
        // Counts the changes of roles and catalog: processes keep what they made of them until it does.
        {"identity",
         5,
         {"CREATE TABLE identity_revision (revision BIGINT NOT NULL)", "INSERT INTO identity_revision VALUES (1)"}},
    };
    return steps;
}

}  // namespace virga::identity
