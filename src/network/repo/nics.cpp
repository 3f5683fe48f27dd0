#include "network/repo/nics.hpp"

#include <unordered_map>

#include "network/repo/port_repo.hpp"
#include "network/repo/standard_row.hpp"

namespace virga::network::repo {
namespace {

constexpr std::size_t kNameBytes = 11;  ///< what is left of 14 characters of a link's name

constexpr const char* kColumns =
    "SELECT p.id, p.server_id, p.network_id, p.mac, p.nic_tag, p.allowed_address_pairs, a.address, a.subnet_id, "
    "a.ip_version FROM ports p "
    "LEFT JOIN ip_allocations a ON a.port_id = p.id WHERE ";
constexpr const char* kStaying = "p.leaving = 0 AND ";
constexpr const char* kOfServers = "p.server_id IN (";
constexpr const char* kOrder =
    ") ORDER BY p.server_id, p.nic_index, p.created_us, p.id, a.ip_version, a.subnet_id, a.address_key";

using NicsOfServers = std::unordered_map<ServerId, std::vector<Nic>>;

/// A port is one row for each of its addresses, one behind the other, or one row without.
void add_row(NicsOfServers& nics, const db::Row& row) {
    auto& list = nics[ServerId(row.text("server_id"))];
    auto id = row.text("id");
    if (list.empty() || list.back().port_id != id) {
        Nic nic;
        nic.tap = tap_name(id);
        nic.port_id = std::move(id);
        nic.network_id = row.text("network_id");
        nic.bridge = bridge_name(nic.network_id);
        nic.mac = row.text("mac");
        nic.tag = row.text("nic_tag");
        nic.address_pairs = Nic::read_pairs(parse_array(row.text("allowed_address_pairs")));
        list.push_back(std::move(nic));
    }
    if (row.is_null("address")) return;
    list.back().fixed_ips.push_back(
        {row.text("address"), row.text("subnet_id"), static_cast<int>(row.number("ip_version"))});
}

void add_networks(db::Transaction& tx, NicsOfServers& nics) {
    std::unordered_map<std::string, std::vector<Nic*>> by_network;
    for (auto& [server, list] : nics) {
        for (auto& nic : list) by_network[nic.network_id].push_back(&nic);
    }
    std::vector<std::string> ids;
    for (const auto& [id, list] : by_network) ids.push_back(id);
    in_pieces(ids, [&](const std::string& marks, const db::Params& params) {
        for (const auto& row : tx.query("SELECT id, name, mtu FROM networks WHERE id IN (" + marks + ")", params)) {
            for (auto* nic : by_network[row.text("id")]) {
                nic->network_name = row.text("name");
                nic->mtu = row.number("mtu");
            }
        }
    });
}

}  // namespace

std::string tap_name(const std::string& port) {
    return "tap" + port.substr(0, kNameBytes);
}
std::string bridge_name(const std::string& network) {
    return "vbr" + network.substr(0, kNameBytes);
}

std::unordered_map<ServerId, std::vector<Nic>> nics_of_servers(db::Transaction& tx,
                                                               const std::vector<ServerId>& servers, Leaving leaving) {
    std::vector<std::string> ids;
    ids.reserve(servers.size());
    for (const auto& server : servers) ids.push_back(server.value);
    NicsOfServers nics;
    const auto begin = std::string(kColumns) + (leaving == Leaving::Hidden ? kStaying : "") + kOfServers;
    in_pieces(ids, [&](const std::string& marks, const db::Params& params) {
        tx.each(begin + marks + kOrder, params, [&](const db::Row& row) { add_row(nics, row); });
    });
    add_networks(tx, nics);
    return nics;
}

}  // namespace virga::network::repo
