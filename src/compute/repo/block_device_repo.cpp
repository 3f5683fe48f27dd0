#include <algorithm>

#include "compute/repo/server_repo.hpp"
#include "compute/repo/sql_text.hpp"
#include "db/conditions.hpp"

namespace virga::compute::repo {
namespace {

const std::string kPlainColumns =
    "id, server_id, position, source_type, destination_type, guest_format, device_type, disk_bus, device_name,"
    " boot_index, delete_on_termination, image_id, snapshot_id, volume_id, volume_size, volume_type,"
    " attachment_id, tag";
const std::string kColumns = kPlainColumns + ", connection_info";
constexpr std::size_t kMostParameters = 500;

BlockDevice plain_device_of(const db::Row& row) {
    BlockDevice device;
    device.id = BdmId(row.text("id"));
    device.server = ServerId(row.text("server_id"));
    device.position = row.number("position");
    device.kind =
        kind_of({row.text("source_type"), row.text("destination_type"), row.text("guest_format"), row.text("image_id"),
                 row.text("snapshot_id"), row.optional_number("volume_size"), row.text("volume_type")});
    device.device_type = row.text("device_type");
    device.disk_bus = row.text("disk_bus");
    device.device_name = row.text("device_name");
    device.boot_index = row.optional_number("boot_index");
    device.delete_on_termination = row.flag("delete_on_termination");
    device.volume_id = row.text("volume_id");
    device.attachment_id = row.text("attachment_id");
    device.tag = row.text("tag");
    return device;
}

BlockDevice device_of(const db::Row& row) {
    auto device = plain_device_of(row);
    device.connection_info = parse_object(row.text("connection_info"));
    return device;
}

std::string info_text(const BlockDevice& device) {
    return device.connection_info.empty() ? std::string() : json::serialize(device.connection_info);
}

}  // namespace

void insert_block_device(db::Transaction& tx, const BlockDevice& d) {
    const auto kind = fields_of(d.kind);
    tx.exec("INSERT INTO block_devices (" + kColumns + ") VALUES (" + placeholders(19) + ")",
            {d.id.value, d.server.value, d.position, kind.source_type, kind.destination_type, kind.guest_format,
             d.device_type, d.disk_bus, d.device_name, db::nullable(d.boot_index),
             std::int64_t{d.delete_on_termination}, kind.image_id, kind.snapshot_id, d.volume_id,
             db::nullable(kind.volume_size), kind.volume_type, d.attachment_id, d.tag, info_text(d)});
}

void name_block_device(db::Transaction& tx, const BlockDevice& d) {
    tx.exec("UPDATE block_devices SET device_type = ?, disk_bus = ?, device_name = ? WHERE id = ?",
            {d.device_type, d.disk_bus, d.device_name, d.id.value});
}

void link_block_device(db::Transaction& tx, const BlockDevice& d) {
    tx.exec("UPDATE block_devices SET volume_id = ?, attachment_id = ?, connection_info = ? WHERE id = ?",
            {d.volume_id, d.attachment_id, info_text(d), d.id.value});
}

void set_delete_on_termination(db::Transaction& tx, const BdmId& id, bool is_deleted) {
    tx.exec("UPDATE block_devices SET delete_on_termination = ? WHERE id = ?", {std::int64_t{is_deleted}, id.value});
}

void delete_block_device(db::Transaction& tx, const BdmId& id) {
    tx.exec("DELETE FROM block_devices WHERE id = ?", {id.value});
}

std::vector<BlockDevice> block_devices(db::Transaction& tx, const ServerId& server) {
    std::vector<BlockDevice> devices;
    const auto rows = tx.query("SELECT " + kColumns + " FROM block_devices WHERE server_id = ? ORDER BY position, id",
                               {server.value});
    for (const auto& row : rows) devices.push_back(device_of(row));
    return devices;
}

std::unordered_map<ServerId, std::vector<BlockDevice>> volumes_of(db::Transaction& tx,
                                                                  const std::vector<ServerId>& servers) {
    std::unordered_map<ServerId, std::vector<BlockDevice>> devices;
    for (std::size_t begin = 0; begin < servers.size(); begin += kMostParameters) {
        const auto end = std::min(servers.size(), begin + kMostParameters);
        db::Params params;
        for (auto i = begin; i < end; ++i) params.emplace_back(servers[i].value);
        const auto among = db::in_list("server_id", std::move(params));
        const auto sql = "SELECT " + kPlainColumns + " FROM block_devices WHERE volume_id <> '' AND " + among.sql +
                         " ORDER BY position, id";
        tx.each(sql, among.params, [&](const db::Row& row) {
            auto device = plain_device_of(row);
            devices[device.server].push_back(std::move(device));
        });
    }
    return devices;
}

std::optional<BlockDevice> find_block_device(db::Transaction& tx, const BdmId& id) {
    const auto row = tx.query_one("SELECT " + kColumns + " FROM block_devices WHERE id = ?", {id.value});
    if (!row) return std::nullopt;
    return device_of(*row);
}

std::optional<BlockDevice> find_by_volume(db::Transaction& tx, const ServerId& server, const std::string& volume_id) {
    const auto row = tx.query_one("SELECT " + kColumns + " FROM block_devices WHERE server_id = ? AND volume_id = ?",
                                  {server.value, volume_id});
    if (!row) return std::nullopt;
    return device_of(*row);
}

}  // namespace virga::compute::repo
