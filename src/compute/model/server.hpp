#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/json.hpp"
#include "compute/model/flavor.hpp"
#include "compute/model/server_state.hpp"

namespace virga::compute {

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
    VmState vm_state = VmState::Building;
    TaskState task_state = TaskState::Scheduling;
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

}  // namespace virga::compute
