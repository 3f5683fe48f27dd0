#include <algorithm>
#include <map>

#include "db/database.hpp"

namespace virga::db {
namespace {

void refuse_newer(Transaction& tx, const std::vector<Migration>& migrations) {
    std::map<std::string, int> latest;
    for (const auto& migration : migrations)
        latest[migration.service] = std::max(latest[migration.service], migration.version);
    for (const auto& [service, version] : latest) {
        const auto present = tx.scalar("SELECT version FROM schema_versions WHERE service = ?", {service});
        if (present <= version) continue;
        throw Error(ErrorCode::InvalidInput, "database.url: the database is of a newer version of Virga (" + service +
                                                 " " + std::to_string(present) + ", this program knows " +
                                                 std::to_string(version) +
                                                 "): start that version, or restore a backup of before the upgrade");
    }
}

}  // namespace

void make_version_table(Transaction& tx) {
    tx.exec("CREATE TABLE IF NOT EXISTS schema_versions (service TEXT PRIMARY KEY, version BIGINT NOT NULL)");
}

void migrate(Transaction& tx, const std::vector<Migration>& migrations) {
    make_version_table(tx);
    refuse_newer(tx, migrations);
    for (const auto& migration : migrations) {
        const auto present = tx.scalar("SELECT version FROM schema_versions WHERE service = ?", {migration.service});
        if (present >= migration.version) continue;
        for (const auto& statement : migration.statements) tx.exec(statement);
        tx.exec(
            "INSERT INTO schema_versions (service, version) VALUES (?, ?) "
            "ON CONFLICT (service) DO UPDATE SET version = excluded.version",
            {migration.service, std::int64_t{migration.version}});
    }
}

void migrate(Database& database, const std::vector<Migration>& migrations) {
    database.write_with([&](Transaction& tx) { migrate(tx, migrations); });
}

}  // namespace virga::db
