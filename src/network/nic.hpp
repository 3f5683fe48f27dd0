#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace virga::network {

struct FixedIp {
    std::string address;
    std::string subnet_id;
    int version = 4;
};

/// Other addresses that a server may send from through its port.
struct AddressPair {
    std::string address;  ///< or a range, "10.0.0.0/24"
    std::string mac;
};

/// A network interface of a server. Header only: it crosses the RPC.
struct Nic {
    std::string port_id;
    std::string network_id;
    std::string network_name;
    std::string mac;
    std::vector<FixedIp> fixed_ips;
    std::int64_t mtu = 1500;
    std::string tap;     ///< "tap" + first 11 characters of the port id
    std::string bridge;  ///< "vbr" + first 11 characters of the network id
    std::string tag;
    std::vector<AddressPair> address_pairs;

    json::object to_json() const {
        json::array pairs;
        for (const auto& pair : address_pairs)
            pairs.push_back(json::object{{"ip_address", pair.address}, {"mac_address", pair.mac}});
        json::array ips;
        for (const auto& ip : fixed_ips)
            ips.push_back(json::object{{"address", ip.address}, {"subnet_id", ip.subnet_id}, {"version", ip.version}});
        return {{"port_id", port_id},
                {"network_id", network_id},
                {"network_name", network_name},
                {"mac", mac},
                {"fixed_ips", std::move(ips)},
                {"mtu", mtu},
                {"tap", tap},
                {"bridge", bridge},
                {"tag", tag},
                {"address_pairs", std::move(pairs)}};
    }
    static Nic from_json(const json::object& o) {
        Nic nic{get_string(o, "port_id"),
                get_string(o, "network_id"),
                get_string(o, "network_name"),
                get_string(o, "mac"),
                {},
                get_int(o, "mtu", 1500),
                get_string(o, "tap"),
                get_string(o, "bridge"),
                get_string(o, "tag"),
                read_pairs(get_array(o, "address_pairs"))};
        for (const auto& entry : get_objects(o, "fixed_ips")) {
            nic.fixed_ips.push_back({get_string(entry, "address"), get_string(entry, "subnet_id"),
                                     static_cast<int>(get_int(entry, "version", 4))});
        }
        return nic;
    }
    static std::vector<AddressPair> read_pairs(const json::array& list) {
        std::vector<AddressPair> pairs;
        for (const auto& pair : objects_of(list, "address_pairs")) {
            pairs.push_back({get_string(pair, "ip_address"), get_string(pair, "mac_address")});
        }
        return pairs;
    }
};

/// Commands of the network service to a host; both idempotent.
namespace command {
/// {nics: [Nic]}: makes the bridge (if missing) and a tap per nic on it, tap up. Before a frame passes, rules see to it
/// that the guest sends in nobody else's name. A tap that is there gets the rules of the nic as it is now.
inline constexpr const char* kPlug = "network.plug";
/// {nics: [Nic]}: removes the taps; success when there are none.
inline constexpr const char* kUnplug = "network.unplug";
/// {} -> {taps: [name], unprotected: [name]}: taps that Virga made on this host, and those of them whose guests could
/// send in others' names; for `virga check`.
inline constexpr const char* kInventory = "network.inventory";
}  // namespace command

}  // namespace virga::network
