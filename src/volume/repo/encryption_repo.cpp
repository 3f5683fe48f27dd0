#include "volume/repo/encryption_repo.hpp"

namespace virga::volume::repo {

std::optional<TypeEncryption> find_encryption(db::Transaction& tx, const std::string& type_id) {
    const auto row = tx.query_one("SELECT * FROM volume_type_encryption WHERE volume_type_id = ?", {type_id});
    if (!row) return std::nullopt;
    return TypeEncryption{row->text("volume_type_id"),  row->text("encryption_id"),       row->text("provider"),
                          row->optional_text("cipher"), row->optional_number("key_size"), row->text("control_location"),
                          row->number("created_us"),    row->number("updated_us")};
}

void insert(db::Transaction& tx, const TypeEncryption& e) {
    if (find_encryption(tx, e.type_id)) {
        throw Error(ErrorCode::Conflict, "Volume type " + e.type_id + " has an encryption already.", {}, e.type_id);
    }
    tx.exec(
        "INSERT INTO volume_type_encryption (volume_type_id, encryption_id, provider, cipher, key_size, "
        "control_location, created_us, updated_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        {e.type_id, e.id, e.provider, db::nullable(e.cipher), db::nullable(e.key_size), e.control_location,
         e.created_us, e.updated_us});
}

void update(db::Transaction& tx, const TypeEncryption& e) {
    tx.exec(
        "UPDATE volume_type_encryption SET provider = ?, cipher = ?, key_size = ?, control_location = ?, "
        "updated_us = ? WHERE volume_type_id = ?",
        {e.provider, db::nullable(e.cipher), db::nullable(e.key_size), e.control_location, e.updated_us, e.type_id});
}

void delete_encryption(db::Transaction& tx, const std::string& type_id) {
    tx.exec("DELETE FROM volume_type_encryption WHERE volume_type_id = ?", {type_id});
}

}  // namespace virga::volume::repo
