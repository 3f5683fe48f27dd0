#pragma once
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_text.hpp"
#include "base/marked_text.hpp"
#include "compute/api/api.hpp"

namespace virga::compute::api {

/// What the detailed view of a server needs besides its row.
struct ServerParts {
    std::vector<BlockDevice> devices;
    std::vector<network::Nic> nics;
    /// Of its ports; without ports those that it was created with.
    std::vector<std::string> security_groups;
};

/// {id, name, links}.
json::object brief_server(const Call& call, const Server& server);
/// As GET of the server shows it.
json::object full_server(const Call& call, const Server& server, const ServerParts& parts);
/// {network name: [{addr, version}]}.
json::object plain_addresses(const std::vector<network::Nic>& nics);
ServerParts parts_of(db::Transaction& tx, const Call& call, const Server& server);

/// The detailed view of many servers for one caller, as text: what they have in common is made once.
class ServerWriter {
public:
    /// `single`: GET of one server, which shows more than an entry of a list (server_groups).
    ServerWriter(const Call& call, bool single);
    /// Appends a JSON object.
    void write(std::string& out, const Server& server, const ServerParts& parts);

private:
    void add_image(JsonText& view, const Server& server) const;
    void add_flavor(JsonText& view, const Flavor& flavor);
    void add_host_id(JsonText& view, const Server& server);
    void add_fault(JsonText& view, const Server& server, std::string_view status) const;
    void add_admin_part(JsonText& view, const Server& server) const;

    const Call& call_;
    bool single_;
    bool shows_attributes_;
    bool shows_host_status_;
    bool shows_fault_details_;
    MarkedText links_;
    MarkedText image_;
    Flavor flavor_;
    std::string flavor_text_;                                              ///< of flavor_; empty before the first
    std::map<std::pair<std::string, std::string>, std::string> host_ids_;  ///< by project and host
};

}  // namespace virga::compute::api
