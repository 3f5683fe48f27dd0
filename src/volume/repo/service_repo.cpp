#include "volume/repo/service_repo.hpp"

namespace virga::volume::repo {
namespace {

ServiceRecord record_of(const db::Row& row) {
    return {row.text("binary_name"),     row.text("host"),   row.flag("disabled"),
            row.text("disabled_reason"), row.flag("frozen"), row.number("updated_us")};
}

}  // namespace

std::vector<ServiceRecord> services(db::Transaction& tx) {
    std::vector<ServiceRecord> out;
    for (const auto& row : tx.query("SELECT * FROM volume_services ORDER BY binary_name, host")) {
        out.push_back(record_of(row));
    }
    return out;
}

ServiceRecord service(db::Transaction& tx, const std::string& binary, const std::string& host) {
    const auto row = tx.query_one("SELECT * FROM volume_services WHERE binary_name = ? AND host = ?", {binary, host});
    if (!row) return {binary, host};
    return record_of(*row);
}

void save(db::Transaction& tx, const ServiceRecord& s) {
    tx.exec(
        "INSERT INTO volume_services (binary_name, host, disabled, disabled_reason, frozen, updated_us) "
        "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (binary_name, host) DO UPDATE SET disabled = excluded.disabled, "
        "disabled_reason = excluded.disabled_reason, frozen = excluded.frozen, updated_us = excluded.updated_us",
        {s.binary, s.host, std::int64_t{s.disabled}, s.disabled_reason, std::int64_t{s.frozen}, s.updated_us});
}

std::set<std::string> closed_backends(db::Transaction& tx) {
    std::set<std::string> out;
    for (const auto& item : services(tx)) {
        if (item.binary == "cinder-volume" && item.closed()) out.insert(item.host);
    }
    return out;
}

}  // namespace virga::volume::repo
