#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "compute/model/server.hpp"
#include "network/guest_subnet.hpp"
#include "network/nic.hpp"

/// What a config drive tells a guest, in the documents of OpenStack's metadata format. Pure functions.
namespace virga::compute {

inline constexpr const char* kConfigDriveLabel = "config-2";

struct ConfigDriveChoice {
    bool made = false;
    std::string reason;  ///< "the request asks for it"
};
/// `forced`: setting compute.force_config_drive.
ConfigDriveChoice choose_config_drive(bool requested, const json::object& image_properties, bool forced);

/// meta_data.json. `zone`: of the server's host. `domain` may be empty. `random_seed`: base64.
json::object guest_meta_data(const Server& server, const std::string& zone, const std::string& domain,
                             const std::string& random_seed);

/// network_data.json. Addresses are static, so that a guest needs no DHCP service. One of an unknown subnet is left
/// out.
json::object guest_network_data(const std::vector<network::Nic>& nics,
                                const std::map<std::string, network::GuestSubnet>& subnets);

/// The files of the drive, as command::kCreateConfigDrive takes them: under openstack/latest and under
/// openstack/2018-08-27. `user_data` is base64; there is no such file when it is empty.
json::array config_drive_files(const json::object& meta_data, const json::object& network_data,
                               const std::string& user_data);

}  // namespace virga::compute
