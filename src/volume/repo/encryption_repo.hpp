#pragma once
#include <optional>
#include <string>

#include "db/database.hpp"
#include "volume/model/records.hpp"

/// SQL of the encryption of volume types: at most one record per type.
namespace virga::volume::repo {

std::optional<TypeEncryption> find_encryption(db::Transaction& tx, const std::string& type_id);
/// Throws Error{Conflict} when the type has one.
void insert(db::Transaction& tx, const TypeEncryption& encryption);
void update(db::Transaction& tx, const TypeEncryption& encryption);
void delete_encryption(db::Transaction& tx, const std::string& type_id);

}  // namespace virga::volume::repo
