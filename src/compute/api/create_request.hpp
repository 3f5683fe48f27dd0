#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "http/http.hpp"

namespace virga::compute::api {

/// The body of POST /servers, checked as far as that needs no other resource.
struct CreateRequest {
    std::string name;
    std::string description;
    std::string hostname;  ///< given, or empty
    std::string image_ref;
    std::string flavor_ref;
    std::optional<json::array> block_devices;
    std::optional<json::array> block_devices_v2;
    json::value networks;  ///< list, "auto", "none" or null
    std::int64_t min_count = 1;
    std::int64_t max_count = 1;
    bool return_reservation_id = false;
    std::string key_name;
    json::object metadata;
    std::string user_data;
    bool config_drive = false;
    std::vector<std::string> security_groups;
    std::string zone;
    std::string host;                         ///< from `host`, or "zone:host"
    bool host_named = false;                  ///< by `host` or `hypervisor_hostname`, which must exist
    std::vector<std::string> same_host;       ///< ids of servers, of the scheduler hint
    std::vector<std::string> different_host;  ///< the same
    std::string admin_password;
    std::vector<std::string> tags;
    std::string access_ip_v4;
    std::string access_ip_v6;
    std::string disk_config = "MANUAL";
    bool trusted_certificates = false;
};

/// Error{InvalidInput} names the field. `minor` decides which fields there are.
CreateRequest read_create_request(const json::object& body, int minor);

}  // namespace virga::compute::api
