#pragma once
#include <string>

#include "identity/service.hpp"
#include "volume/flows/dependencies.hpp"
#include "volume/model/records.hpp"

/// Which volume type a volume gets.
namespace virga::volume::flows {

/// A private type is, for projects without access, as if it didn't exist: Error{NotFound}.
VolumeType usable_type(db::Transaction& tx, const identity::Auth& auth, const std::string& name_or_id);

/// The project's default type, else the cloud's.
VolumeType default_type(db::Transaction& tx, Dependencies& d, const ProjectId& project);

/// Whether volumes of the type are encrypted. Error{InvalidInput} when they can't be as the type says.
bool is_encrypted(db::Transaction& tx, const VolumeType& type);

}  // namespace virga::volume::flows
