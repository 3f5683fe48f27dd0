#pragma once
#include "volume/api/api.hpp"

/// The volume actions that talk to the storage host before they answer, so that no transaction may be open: what
/// attachments replaced.
namespace virga::volume::api {

/// nullptr for another action. The volume is the caller's; `argument` is what stands under the action's name.
using ConnectionAction = http::Response (*)(const Call&, const VolumeRecord& volume, const json::object& argument);
ConnectionAction find_connection_action(const std::string& name);

}  // namespace virga::volume::api
