#pragma once
#include <string>
#include <string_view>

namespace virga::volume {

/// event_id of the message that `operation` of a resource failed: Cinder's "VOLUME_<type>_<action>_<detail>" with its
/// numbers where it has them, else the operation by its name.
std::string event_id(std::string_view resource_type, std::string_view operation);

}  // namespace virga::volume
