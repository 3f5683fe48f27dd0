#pragma once
#include "base/ids.hpp"
#include "db/database.hpp"
#include "identity/service.hpp"
#include "network/nic.hpp"

namespace virga::network {

/// What the network service needs of the service that runs servers: a port of a server is a device of its guest, which
/// a change of the row alone doesn't reach. Each call is part of the transaction that changes the row.
class ServerNics {
public:
    virtual ~ServerNics() = default;
    /// Whether there is such a server.
    virtual bool exists(db::Transaction& tx, const ServerId& server) = 0;
    /// A port of a server is being deleted. True: the device will leave the guest, then Service::remove_port ends the
    /// port. False: there is no guest that could have it. Error{Conflict}: the server is being built or worked on.
    virtual bool begin_detach(db::Transaction& tx, const identity::Auth& auth, const ServerId& server,
                              const Nic& nic) = 0;
    /// Addresses or what else a host enforces of the server's ports changed.
    virtual void refresh(db::Transaction& tx, const identity::Auth& auth, const ServerId& server) = 0;
};

}  // namespace virga::network
