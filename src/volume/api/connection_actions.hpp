#pragma once
#include "volume/api/api.hpp"

/// The volume actions that talk to the storage host before they answer, so that no transaction may be open: what
/// attachments replaced.
namespace virga::volume::api {

/// What everybody may see of a connection: its kind and what a guest would notice, no path and no host.
json::object public_connection(const json::object& connection_info);

using ConnectionAction = http::Response (*)(const Call&, const VolumeRecord& volume, const json::object& argument);
/// nullptr for another action. The volume is the caller's; `argument` is what stands under the action's name.
ConnectionAction find_connection_action(const std::string& name);

}  // namespace virga::volume::api
