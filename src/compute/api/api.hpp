#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "compute/flows/flows.hpp"
#include "compute/policy.hpp"
#include "compute/repo/quota_repo.hpp"
#include "compute/repo/server_repo.hpp"
#include "http/http.hpp"
#include "http/microversion.hpp"
#include "http/schema.hpp"
#include "identity/service.hpp"

/// The HTTP API of compute: one file per resource. Everything is below /compute/v2.1.
namespace virga::compute::api {

inline constexpr int kMaxMinor = 93;
const http::MicroversionRange& microversions();

/// One authenticated request.
struct Call {
    http::Request& request;
    const identity::Auth& auth;
    int minor;  ///< of the microversion 2.x
    flows::Dependencies& d;

    const std::string& param(std::string_view name) const { return request.param(name); }
    /// Path parameter as a server id, in canonical form.
    ServerId server_id() const;
};
using CallHandler = std::function<http::Response(Call&)>;

/// Adds routes: authentication, the policy, microversion negotiation and announcement are done around the handler.
/// Outside of [since, until] the route answers 404.
class Routes {
public:
    Routes(http::Router& router, identity::Service& identity, flows::Dependencies& d)
        : router_(router), identity_(identity), d_(d) {}
    void add(std::string method, const std::string& path, const identity::policy::Access& access, CallHandler handler,
             int since = 1, int until = kMaxMinor);
    http::Router& router() { return router_; }

private:
    http::Router& router_;
    identity::Service& identity_;
    flows::Dependencies& d_;
};

void add_versions(http::Router& router);
void add_servers(Routes& routes);
void add_server_actions(Routes& routes);
void add_server_metadata(Routes& routes);
void add_server_tags(Routes& routes);
void add_server_addresses(Routes& routes);
void add_server_security_groups(Routes& routes);
void add_volume_attachments(Routes& routes);
void add_interfaces(Routes& routes);
void add_instance_actions(Routes& routes);
void add_keypairs(Routes& routes);
void add_flavors(Routes& routes);
void add_flavor_extra_specs(Routes& routes);
void add_flavor_access(Routes& routes);
void add_limits(Routes& routes);
void add_quota_sets(Routes& routes);
void add_availability_zones(Routes& routes);
void add_hypervisors(Routes& routes);
void add_services(Routes& routes);
void add_extensions(Routes& routes);
void add_groups(Routes& routes);
void add_trace(Routes& routes);

// Helpers of the resource files.

http::Response json_response(int status, std::string_view key, json::value value);
/// self and bookmark links of "servers/<id>".
json::array links_of(const http::Request& request, const std::string& path);
/// The object under `key` of the body; Error{InvalidInput} when it is missing or no object.
json::object body_object(const http::Request& request, std::string_view key);
/// Server that the caller may see. Error{NotFound} also for a foreign project's.
Server visible_server(db::Transaction& tx, const identity::Auth& auth, const ServerId& id);
/// Error{Conflict} for a locked server, unless the policies let the caller override that.
void require_unlocked(const identity::Auth& auth, const Server& server);
/// 1, true, yes, on, t, y (and an empty value): how the query asks for all_tenants.
bool query_flag(const http::Request& request, std::string_view name);
/// Limits of a project's quotas, read at once: what an admin set, else the setting. Below 0: no bound.
class QuotaLimits {
public:
    QuotaLimits(db::Transaction& tx, const flows::Dependencies& d, const std::string& project)
        : config_(d.config), set_(repo::quotas_of(tx, project)) {}
    std::int64_t of(const std::string& resource) const;

private:
    const config::Config& config_;
    std::map<std::string, std::int64_t> set_;
};
/// Stable ids, from 2.53 on.
std::string hypervisor_uuid(const std::string& host);
std::string service_uuid(const std::string& binary, const std::string& host);
std::string zone_of_host(flows::Dependencies& d, const rpc::HostState& host);
/// Name of a host's zone when it is connected, else the default zone.
std::string zone_of(flows::Dependencies& d, const std::string& host);
/// Hosts that run servers.
std::vector<rpc::HostState> compute_hosts(flows::Dependencies& d);
/// Hash that tells a project's servers on one host from those on another without naming the host.
std::string host_id(const ProjectId& project, const std::string& host);

}  // namespace virga::compute::api
