#pragma once
#include <optional>
#include <set>
#include <string>

#include "base/clock.hpp"
#include "config/config.hpp"
#include "db/database.hpp"
#include "http/http.hpp"
#include "identity/service.hpp"
#include "rpc/nats/accounts.hpp"

namespace virga::hostkeys {

struct HostKey;

/// Which machines are hosts of the cloud, where each has a key of its own (rpc.signing_key): an administrator invites a
/// name, a machine joins with the token and its own key, and gets credentials for NATS, which it renews with that key.
class Service {
public:
    /// Throws Error{InvalidInput} that names rpc.signing_key when its file is none.
    Service(db::Database& database, const config::Config& config, identity::Service& identity);

    void register_routes(http::Router& router);
    /// Names of hosts whose keys were revoked: they aren't to be heard.
    std::set<std::string> barred();

private:
    http::Response list();
    /// The token is told here and never again. Error{Conflict}: credentials of a revoked key are good under that name
    /// yet.
    http::Response invite(const std::string& host);
    /// Error{NotFound}: it was never invited.
    http::Response revoke(const std::string& host);
    /// Error{Forbidden}: the token was used, is over, or is none.
    http::Response join(const http::Request& request);
    /// Error{Forbidden}: the key is no host's, any more or at all.
    http::Response renew(const http::Request& request);
    http::Response credentials(const HostKey& key, TimestampUs until_us) const;
    const rpc::nats::HostSigner& signer() const;
    TimestampUs next_end() const;

    db::Database& database_;
    const config::Config& config_;
    identity::Service& identity_;
    std::optional<rpc::nats::HostSigner> signer_;
};

const std::vector<db::Migration>& migrations();

}  // namespace virga::hostkeys
