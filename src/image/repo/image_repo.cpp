#include "image/repo/image_repo.hpp"

#include "base/error.hpp"
#include "image/model/image_changes.hpp"
#include "image/repo/row.hpp"

namespace virga::image::repo {
namespace {

std::string tags_text(const Record& record) {
    json::array tags;
    for (const auto& tag : record.tags) tags.emplace_back(tag);
    json::object out;
    out["tags"] = std::move(tags);
    return json::serialize(out);
}

void write_labels(db::Transaction& tx, const Record& record) {
    const auto add = [&](const char* kind, std::string_view name, std::string_view value) {
        tx.exec("INSERT INTO image_labels (image_id, kind, name, value) VALUES (?, ?, ?, ?)",
                {record.id, std::string(kind), std::string(name), std::string(value)});
    };
    tx.exec("DELETE FROM image_labels WHERE image_id = ?", {record.id});
    for (const auto& tag : record.tags) add("tag", tag, "");
    for (const auto& item : record.properties) add("property", item.key(), item.value().as_string());
}

lifecycle::Condition of_upload(const std::string& upload_id) {
    return {"upload_id = ?", {upload_id}};
}

}  // namespace

Record read_record(const db::Row& row) {
    Record record;
    record.id = row.text("id");
    record.name = row.optional_text("name");
    record.status = lifecycle::state_of<ImageStatus>(row.text("status"));
    record.visibility = row.text("visibility");
    record.owner = row.text("owner");
    record.disk_format = row.text("disk_format");
    record.container_format = row.text("container_format");
    record.tool_format = row.text("tool_format");
    record.size_bytes = row.optional_number("size_bytes");
    record.virtual_size_bytes = row.optional_number("virtual_size_bytes");
    record.min_disk_gib = row.number("min_disk_gib");
    record.min_ram_mib = row.number("min_ram_mib");
    record.is_protected = row.flag("protected");
    record.hidden = row.flag("hidden");
    record.checksum_md5 = row.text("checksum_md5");
    record.sha512 = row.text("sha512");
    record.xxh3 = row.text("xxh3");
    for (const auto& tag : get_array(parse_object(row.text("tags")), "tags")) {
        record.tags.emplace_back(tag.as_string());
    }
    record.properties = parse_object(row.text("properties"));
    record.charged_bytes = row.number("charged_bytes");
    record.upload_id = row.text("upload_id");
    record.upload_owner = row.text("upload_owner");
    record.upload_by_flow = row.flag("upload_by_flow");
    record.created_us = row.number("created_us");
    record.updated_us = row.number("updated_us");
    return record;
}

std::vector<Record> read_records(const std::vector<db::Row>& rows) {
    std::vector<Record> out;
    out.reserve(rows.size());
    for (const auto& row : rows) out.push_back(read_record(row));
    return out;
}

std::optional<Record> find(db::Transaction& tx, const std::string& id) {
    const auto row = tx.query_one("SELECT * FROM images WHERE id = ? AND status <> 'deleted'", {id});
    if (!row) return std::nullopt;
    return read_record(*row);
}

void insert(db::Transaction& tx, const Record& record) {
    if (tx.scalar("SELECT COUNT(*) FROM images WHERE id = ?", {record.id}) > 0) {
        throw Error(ErrorCode::Conflict, "Image ID " + record.id + " already exists!", {}, record.id);
    }
    tx.exec(
        "INSERT INTO images (id, name, status, visibility, owner, disk_format, container_format, min_disk_gib, "
        "min_ram_mib, protected, hidden, tags, properties, created_us, updated_us) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {record.id, db::nullable(record.name), text_of(record.status), record.visibility, record.owner,
         db::nullable(record.disk_format), db::nullable(record.container_format), record.min_disk_gib,
         record.min_ram_mib, std::int64_t{record.is_protected}, std::int64_t{record.hidden}, tags_text(record),
         json::serialize(record.properties), record.created_us, record.updated_us});
    write_labels(tx, record);
}

void update_attributes(db::Transaction& tx, const Record& record) {
    tx.exec(
        "UPDATE images SET name = ?, visibility = ?, owner = ?, disk_format = ?, container_format = ?, "
        "min_disk_gib = ?, min_ram_mib = ?, protected = ?, hidden = ?, tags = ?, properties = ?, updated_us = ? "
        "WHERE id = ?",
        {db::nullable(record.name), record.visibility, record.owner, db::nullable(record.disk_format),
         db::nullable(record.container_format), record.min_disk_gib, record.min_ram_mib,
         std::int64_t{record.is_protected}, std::int64_t{record.hidden}, tags_text(record),
         json::serialize(record.properties), record.updated_us, record.id});
    write_labels(tx, record);
}

std::vector<Record> list_with_file(db::Transaction& tx) {
    return read_records(
        tx.query("SELECT * FROM images WHERE status IN ('active', 'deactivated', 'saving') ORDER BY id"));
}

std::int64_t stored_bytes(db::Transaction& tx, const std::string& owner, const std::string& but) {
    return tx.scalar(
        "SELECT COALESCE(SUM(COALESCE(size_bytes, 0) + charged_bytes), 0) FROM images WHERE owner = ? AND "
        "status <> 'deleted' AND id <> ?",
        {owner, but});
}

std::int64_t count_images(db::Transaction& tx, const std::string& owner) {
    return tx.scalar("SELECT COUNT(*) FROM images WHERE owner = ? AND status <> 'deleted'", {owner});
}

std::int64_t count_uploads(db::Transaction& tx, const std::string& owner) {
    return tx.scalar("SELECT COUNT(*) FROM images WHERE owner = ? AND status <> 'deleted' AND status = 'saving'",
                     {owner});
}

void set_charge(db::Transaction& tx, const std::string& id, std::int64_t bytes) {
    tx.exec("UPDATE images SET charged_bytes = ? WHERE id = ? AND status = 'saving'", {bytes, id});
}

bool start_upload(db::Transaction& tx, const std::string& id, const Upload& upload) {
    if (!lifecycle::try_change(tx, image_machine(), image_change::kUpload, id)) return false;
    tx.exec("UPDATE images SET upload_id = ?, upload_by_flow = ?, upload_owner = ? WHERE id = ?",
            {upload.id, std::int64_t{upload.by == UploadBy::Flow}, upload.owner, id});
    return true;
}

bool finish_upload(db::Transaction& tx, const Record& record) {
    if (!lifecycle::try_change(tx, image_machine(), image_change::kStore, record.id, of_upload(record.upload_id)))
        return false;
    tx.exec(
        "UPDATE images SET tool_format = ?, size_bytes = ?, virtual_size_bytes = ?, checksum_md5 = ?, sha512 = ?, "
        "xxh3 = ?, upload_id = NULL, upload_by_flow = 0, charged_bytes = 0 WHERE id = ?",
        {record.tool_format, db::nullable(record.size_bytes), db::nullable(record.virtual_size_bytes),
         record.checksum_md5, record.sha512, record.xxh3, record.id});
    return true;
}

bool abandon_upload(db::Transaction& tx, const std::string& id, const std::string& upload_id) {
    if (!lifecycle::try_change(tx, image_machine(), image_change::kAbandon, id, of_upload(upload_id))) return false;
    tx.exec("UPDATE images SET upload_id = NULL, charged_bytes = 0 WHERE id = ?", {id});
    return true;
}

void hold(db::Transaction& tx, const std::string& id, const std::string& holder) {
    tx.exec("INSERT INTO image_holds (image_id, holder) VALUES (?, ?) ON CONFLICT (image_id, holder) DO NOTHING",
            {id, holder});
}

void release_holds(db::Transaction& tx, const std::string& holder) {
    tx.exec("DELETE FROM image_holds WHERE holder = ?", {holder});
}

bool is_held(db::Transaction& tx, const std::string& id) {
    return tx.scalar("SELECT COUNT(*) FROM image_holds WHERE image_id = ?", {id}) > 0;
}

bool mark_deleted(db::Transaction& tx, const std::string& id) {
    if (!lifecycle::try_change(tx, image_machine(), image_change::kDelete, id)) return false;
    tx.exec("UPDATE images SET upload_id = NULL, upload_by_flow = 0, charged_bytes = 0 WHERE id = ?", {id});
    tx.exec("DELETE FROM image_members WHERE image_id = ?", {id});
    tx.exec("DELETE FROM image_labels WHERE image_id = ?", {id});
    return true;
}

}  // namespace virga::image::repo
