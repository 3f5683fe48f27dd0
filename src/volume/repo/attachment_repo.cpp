#include "volume/repo/attachment_repo.hpp"

#include "db/conditions.hpp"
#include "volume/repo/list_query.hpp"

namespace virga::volume::repo {
namespace {

constexpr const char* kSelect = "SELECT a.* FROM volume_attachments a";
/// For lists of volumes, which show nothing of the connection.
constexpr const char* kSelectBrief =
    "SELECT a.id, a.volume_id, a.project_id, a.server_id, a.attach_status, a.mode, a.device, a.host, "
    "'' AS connection_info, a.by_user, a.created_us, a.attached_us FROM volume_attachments a";

AttachmentRecord record_of(const db::Row& row) {
    AttachmentRecord a;
    a.id = AttachmentId(row.text("id"));
    a.volume = VolumeId(row.text("volume_id"));
    a.project = ProjectId(row.text("project_id"));
    a.server = ServerId(row.text("server_id"));
    a.attach_status = lifecycle::state_of<AttachStatus>(row.text("attach_status"));
    a.mode = row.text("mode");
    a.device = row.text("device");
    a.host = row.text("host");
    a.connection_info = parse_object(row.text("connection_info"));
    a.by_user = row.number("by_user") != 0;
    a.created_us = row.number("created_us");
    a.attached_us = row.number("attached_us");
    return a;
}

std::vector<AttachmentRecord> records_of(const std::vector<db::Row>& rows) {
    std::vector<AttachmentRecord> out;
    out.reserve(rows.size());
    for (const auto& row : rows) out.push_back(record_of(row));
    return out;
}

std::vector<AttachmentRecord> select(db::Transaction& tx, const std::string& condition, const db::Params& params) {
    return records_of(tx.query(std::string(kSelect) + condition + " ORDER BY a.created_us, a.id", params));
}

}  // namespace

void insert(db::Transaction& tx, const AttachmentRecord& a) {
    tx.exec(
        "INSERT INTO volume_attachments (id, volume_id, project_id, server_id, attach_status, mode, device, host, "
        "connection_info, by_user, created_us, updated_us, attached_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {a.id.value, a.volume.value, a.project.value, a.server.value, text_of(a.attach_status), a.mode, a.device,
         a.host, json::serialize(a.connection_info), a.by_user ? 1 : 0, a.created_us, a.created_us, a.attached_us});
}

std::optional<AttachmentRecord> find_attachment(db::Transaction& tx, const AttachmentId& id) {
    const auto row = tx.query_one(std::string(kSelect) + " WHERE a.id = ?", {id.value});
    if (!row) return std::nullopt;
    return record_of(*row);
}

AttachmentRecord get_attachment(db::Transaction& tx, const AttachmentId& id) {
    auto attachment = find_attachment(tx, id);
    if (!attachment) {
        throw Error(ErrorCode::NotFound, "Volume attachment " + id.value + " could not be found.", {}, id.value);
    }
    return *attachment;
}

void delete_attachment(db::Transaction& tx, const AttachmentId& id) {
    tx.exec("DELETE FROM volume_attachments WHERE id = ?", {id.value});
}

void delete_attachments(db::Transaction& tx, const VolumeId& volume) {
    tx.exec("DELETE FROM volume_attachments WHERE volume_id = ?", {volume.value});
}

std::vector<AttachmentRecord> all_attachments(db::Transaction& tx) {
    return select(tx, "", {});
}

std::vector<AttachmentRecord> attachments_of(db::Transaction& tx, const VolumeId& volume) {
    return select(tx, " WHERE a.volume_id = ?", {volume.value});
}

std::vector<AttachmentRecord> attachments_of_server(db::Transaction& tx, const ServerId& server) {
    return select(tx, " WHERE a.server_id = ? AND a.by_user = 0", {server.value});
}

std::map<std::string, std::vector<AttachmentRecord>> attachments_of(db::Transaction& tx,
                                                                    const std::vector<VolumeRecord>& volumes) {
    std::map<std::string, std::vector<AttachmentRecord>> out;
    db::Params ids;
    for (const auto& volume : volumes) {
        if (volume.attach_status != AttachStatus::Detached) ids.emplace_back(volume.id.value);
    }
    if (ids.empty()) return out;
    const auto among = db::in_list("a.volume_id", std::move(ids));
    for (const auto& row :
         tx.query(std::string(kSelectBrief) + " WHERE " + among.sql + " ORDER BY a.created_us, a.id", among.params)) {
        auto item = record_of(row);
        out[item.volume.value].push_back(std::move(item));
    }
    return out;
}

std::vector<AttachmentRecord> list_attachments(db::Transaction& tx, const AttachmentFilter& filter) {
    ListQuery query(kSelect, "volume_attachments", "a");
    query.visible_project(filter.project);
    query.equals("volume_id", filter.volume_id);
    query.equals("server_id", filter.server_id);
    query.equals("attach_status", filter.attach_status);
    for (const auto& [column, ascending] : filter.sort) query.sort(column, ascending);
    if (filter.marker) query.after(tx, *filter.marker);
    query.page(filter.limit, filter.offset);
    return records_of(query.run(tx));
}

void set_connection(db::Transaction& tx, const AttachmentId& id, const std::string& host, const std::string& device,
                    const json::object& connection_info) {
    tx.exec("UPDATE volume_attachments SET host = ?, device = ?, connection_info = ?, updated_us = ? WHERE id = ?",
            {host, device, json::serialize(connection_info), now_us(), id.value});
}

void set_attached(db::Transaction& tx, const AttachmentId& id, TimestampUs time) {
    tx.exec("UPDATE volume_attachments SET attached_us = ? WHERE id = ?", {time, id.value});
}

void set_mode(db::Transaction& tx, const AttachmentId& id, const std::string& mode) {
    tx.exec("UPDATE volume_attachments SET mode = ? WHERE id = ?", {mode, id.value});
}

}  // namespace virga::volume::repo
