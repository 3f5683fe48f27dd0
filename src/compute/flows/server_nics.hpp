#pragma once
#include "compute/flows/flows.hpp"
#include "network/server_nics.hpp"

namespace virga::compute::flows {

/// Ports of servers, by the flows detach_interface and refresh_network.
class ServerNics : public network::ServerNics {
public:
    explicit ServerNics(Dependencies& dependencies) : d_(dependencies) {}
    bool exists(db::Transaction& tx, const ServerId& server) override;
    bool begin_detach(db::Transaction& tx, const identity::Auth& auth, const ServerId& server,
                      const network::Nic& nic) override;
    void refresh(db::Transaction& tx, const identity::Auth& auth, const ServerId& server) override;

private:
    Dependencies& d_;
};

}  // namespace virga::compute::flows
