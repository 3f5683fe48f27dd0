#include "db/database.hpp"

namespace virga::db {

void migrate(Database& database, const std::vector<Migration>& migrations) {
    auto tx = database.write();
    tx.exec("CREATE TABLE IF NOT EXISTS schema_versions (service TEXT PRIMARY KEY, version BIGINT NOT NULL)");
    for (const auto& migration : migrations) {
        const auto present = tx.scalar("SELECT version FROM schema_versions WHERE service = ?", {migration.service});
        if (present >= migration.version) continue;
        for (const auto& statement : migration.statements) tx.exec(statement);
        tx.exec(
            "INSERT INTO schema_versions (service, version) VALUES (?, ?) "
            "ON CONFLICT (service) DO UPDATE SET version = excluded.version",
            {migration.service, std::int64_t{migration.version}});
    }
    tx.commit();
}

}  // namespace virga::db
