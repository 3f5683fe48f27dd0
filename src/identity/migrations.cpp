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
    };
    return steps;
}

}  // namespace virga::identity
