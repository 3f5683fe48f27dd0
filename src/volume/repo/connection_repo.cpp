#include "volume/repo/connection_repo.hpp"

namespace virga::volume::repo {
namespace {

std::vector<ConnectionRecord> select(db::Transaction& tx, const std::string& condition, const db::Params& params) {
    std::vector<ConnectionRecord> out;
    for (const auto& row :
         tx.query("SELECT * FROM volume_connections" + condition + " ORDER BY volume_id, created_us, host", params)) {
        out.push_back(
            {VolumeId(row.text("volume_id")), row.text("host"), row.text("ending"), row.number("created_us")});
    }
    return out;
}

}  // namespace

std::vector<ConnectionRecord> all_connections(db::Transaction& tx) {
    return select(tx, "", {});
}

std::vector<ConnectionRecord> connections_of(db::Transaction& tx, const VolumeId& volume) {
    return select(tx, " WHERE volume_id = ?", {volume.value});
}

std::optional<ConnectionRecord> find_connection(db::Transaction& tx, const VolumeId& volume, const std::string& host) {
    auto found = select(tx, " WHERE volume_id = ? AND host = ?", {volume.value, host});
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

void insert(db::Transaction& tx, const ConnectionRecord& c) {
    tx.exec(
        "INSERT INTO volume_connections (volume_id, host, ending, created_us) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (volume_id, host) DO NOTHING",
        {c.volume.value, c.host, c.ending, c.created_us});
}

void set_ending(db::Transaction& tx, const VolumeId& volume, const std::string& host, const std::string& command_id) {
    tx.exec("UPDATE volume_connections SET ending = ? WHERE volume_id = ? AND host = ?",
            {command_id, volume.value, host});
}

void delete_connection(db::Transaction& tx, const VolumeId& volume, const std::string& host) {
    tx.exec("DELETE FROM volume_connections WHERE volume_id = ? AND host = ?", {volume.value, host});
}

}  // namespace virga::volume::repo
