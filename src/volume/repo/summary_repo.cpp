#include "volume/repo/summary_repo.hpp"

#include "base/json.hpp"

namespace virga::volume::repo {

VolumeSummary volume_summary(db::Transaction& tx, const std::string& project) {
    const auto row = tx.query_one(
        "SELECT COUNT(*) AS amount, COALESCE(SUM(size_gib), 0) AS total FROM volumes WHERE ? IN (project_id, '')",
        {project});
    return {row->number("amount"), row->number("total")};
}

MetadataValues metadata_values(db::Transaction& tx, const std::string& project) {
    MetadataValues values;
    tx.each("SELECT DISTINCT metadata FROM volumes WHERE metadata <> '{}' AND ? IN (project_id, '')", {project},
            [&](const db::Row& row) {
                for (const auto& item : parse_object(row.text("metadata"))) {
                    if (item.value().is_string()) values[item.key()].emplace(item.value().get_string());
                }
            });
    return values;
}

}  // namespace virga::volume::repo
