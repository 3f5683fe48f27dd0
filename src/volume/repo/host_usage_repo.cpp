#include "volume/repo/host_usage_repo.hpp"

namespace virga::volume::repo {

void HostUsage::add(const HostUsage& other) {
    volumes += other.volumes;
    volume_gib += other.volume_gib;
    snapshots += other.snapshots;
    snapshot_gib += other.snapshot_gib;
}

std::vector<HostUsage> host_usage(db::Transaction& tx, const std::string& label) {
    std::vector<HostUsage> out;
    const auto at = label.find('@');
    const db::Params place{label.substr(0, at), at == std::string::npos ? "" : label.substr(at + 1)};
    for (const auto& row :
         tx.query("SELECT v.project_id, COUNT(*) AS amount, SUM(v.size_gib) AS gib, "
                  "SUM((SELECT COUNT(*) FROM volume_snapshots s WHERE s.volume_id = v.id)) AS snapshots, "
                  "SUM((SELECT COALESCE(SUM(s.size_gib), 0) FROM volume_snapshots s WHERE s.volume_id = v.id)) AS "
                  "snapshot_gib FROM volumes v WHERE v.host = ? AND v.backend = ? GROUP BY v.project_id "
                  "ORDER BY v.project_id",
                  place)) {
        out.push_back({row.text("project_id"), row.number("amount"), row.number("gib"), row.number("snapshots"),
                       row.number("snapshot_gib")});
    }
    return out;
}

}  // namespace virga::volume::repo
