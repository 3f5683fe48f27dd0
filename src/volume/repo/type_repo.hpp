#pragma once
#include <optional>
#include <string>
#include <vector>

#include "volume/model/records.hpp"

/// SQL of volume types.
namespace virga::volume::repo {

/// Throws Error{Conflict} when the name is taken.
void insert(db::Transaction& tx, const VolumeType& type);
std::optional<VolumeType> find_type(db::Transaction& tx, const std::string& id_or_name);
/// Throws Error{NotFound} "Volume type <id> could not be found."
VolumeType get_type(db::Transaction& tx, const std::string& id_or_name);
std::vector<VolumeType> list_types(db::Transaction& tx);
void update(db::Transaction& tx, const VolumeType& type);
void delete_type(db::Transaction& tx, const std::string& id);
std::int64_t volumes_of_type(db::Transaction& tx, const std::string& id);

}  // namespace virga::volume::repo
