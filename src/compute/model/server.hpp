#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/json.hpp"
#include "compute/model/flavor.hpp"

namespace virga::compute {

// vm_state: building, active, stopped, paused, suspended, rescued, resized, shelved, shelved_offloaded, soft-delete,
// deleted, error. task_state: null (empty here) or scheduling, networking, block_device_mapping, spawning, deleting,
// powering-off, powering-on, rebooting, rebooting_hard, ... The one table of allowed changes is
// compute/model/server_states.hpp.

/// Nova's power_state numbers.
enum class PowerState { NoState = 0, Running = 1, Paused = 3, Shutdown = 4, Crashed = 6, Suspended = 7 };

struct ServerFault {
    int code = 500;
    std::string message;
    std::string details;  ///< for admins
    TimestampUs created_us = 0;
};

struct Server {
    ServerId id;
    std::string name;
    std::string description;
    std::string hostname;
    ProjectId project;
    UserId user;
    std::string vm_state;
    std::string task_state;
    PowerState power_state = PowerState::NoState;
    std::string image_id;       ///< empty when booted from a volume
    Flavor flavor;              ///< as at boot
    std::int64_t disk_gib = 0;  ///< of local disks (model/claim.hpp)
    std::string key_name;
    std::string key_data;  ///< public key as it was at boot, empty without key_name
    std::string host;      ///< empty before it is scheduled
    std::string availability_zone;
    std::string root_device_name;
    std::string user_data;       ///< base64 as given
    std::string admin_password;  ///< for the guest to be told, until it was; empty afterwards
    std::string reservation_id;
    json::object metadata;
    std::vector<std::string> tags;
    std::vector<std::string> security_groups;  ///< names as shown
    bool has_config_drive = false;             ///< settled by the request, the image and the cloud
    bool locked = false;
    std::int64_t launch_index = 0;
    std::string locked_reason;
    std::string access_ip_v4;
    std::string access_ip_v6;
    std::string disk_config = "MANUAL";  ///< MANUAL or AUTO
    std::optional<ServerFault> fault;
    TimestampUs created_us = 0;
    TimestampUs updated_us = 0;
    TimestampUs launched_us = 0;
    TimestampUs terminated_us = 0;
};

/// The API's status word: ACTIVE, BUILD, DELETED, ERROR, HARD_REBOOT, PAUSED, REBOOT, SHUTOFF, ... (block-devices.md
/// 7).
std::string api_status(std::string_view vm_state, std::string_view task_state);
/// The vm_states that may show as `status`; empty for an unknown word.
std::vector<std::string> vm_states_of(std::string_view status);

}  // namespace virga::compute
