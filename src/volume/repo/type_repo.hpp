#pragma once
#include <optional>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "volume/model/records.hpp"

/// SQL of volume types.
namespace virga::volume::repo {

/// Throws Error{Conflict} when the name is taken.
void insert(db::Transaction& tx, const VolumeType& type);
std::optional<VolumeType> find_type(db::Transaction& tx, const std::string& id_or_name);
/// Throws Error{NotFound} "Volume type <id> could not be found."
VolumeType get_type(db::Transaction& tx, const std::string& id_or_name);
std::vector<VolumeType> all_types(db::Transaction& tx);

/// What a list asks for. Empty fields don't narrow.
struct TypeFilter {
    std::string project;  ///< private types that this project has no access to are left out; empty: all
    std::optional<bool> is_public;
    std::string name;
    json::object extra_specs;                        ///< every pair
    std::vector<std::pair<std::string, bool>> sort;  ///< column, ascending
    std::optional<std::string> marker;
    std::size_t limit = 1000;
    std::size_t offset = 0;
};
/// Newest first unless sorted otherwise.
std::vector<VolumeType> list_types(db::Transaction& tx, const TypeFilter& filter);

void update(db::Transaction& tx, const VolumeType& type);
/// With its access list, encryption and quotas.
void delete_type(db::Transaction& tx, const std::string& id);
std::int64_t volumes_of_type(db::Transaction& tx, const std::string& id);

}  // namespace virga::volume::repo
