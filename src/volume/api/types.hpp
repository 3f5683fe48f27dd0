#pragma once
#include <string>

#include "volume/api/api.hpp"

/// What the resources of volume types share.
namespace virga::volume::api {

/// The type with this id or name, if the caller may see it: else Error{NotFound}.
VolumeType visible_type(db::Transaction& tx, const Call& call, const std::string& id_or_name);
/// Extra specs that the caller may see: administrators all, others those that tell them what the type can do.
json::object visible_specs(const Call& call, const VolumeType& type);
/// Throws Error{InvalidInput}: keys have letters, digits, '_', '.', ':', '-' and blanks.
void check_specs_keys(const json::object& specs);
/// Error{InvalidInput} when volumes of the type exist.
void check_unused(db::Transaction& tx, const VolumeType& type);

}  // namespace virga::volume::api
