#pragma once
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "db/database.hpp"
#include "http/http.hpp"
#include "http/schema.hpp"
#include "identity/service.hpp"
#include "network/model/types.hpp"
#include "network/policy.hpp"
#include "network/server_nics.hpp"

namespace virga::network::api {

/// What the resources of the network API share.
struct Context {
    db::Database& database;
    const config::Config& config;
    identity::Service& identity;
    ServerNics* server_nics = nullptr;  ///< given by the composition root; none: no server has ports
};

using Handler = std::function<http::Response(Context&, http::Request&, const identity::Auth&)>;

void register_routes(http::Router& router, Context& context);

/// Adds a route below /network/v2.0 for those whom the policy admits. Faults are answered with their type.
void add_route(http::Router& router, Context& context, const char* method, const std::string& path, const char* policy,
               Handler handler);

void add_versions(http::Router& router);
void add_extensions(http::Router& router, Context& context);
void add_networks(http::Router& router, Context& context);
void add_subnets(http::Router& router, Context& context);
void add_ports(http::Router& router, Context& context);
void add_security_groups(http::Router& router, Context& context);
void add_security_group_rules(http::Router& router, Context& context);
void add_quotas(http::Router& router, Context& context);
/// Resources of which there are never any.
void add_empty_lists(http::Router& router, Context& context);

}  // namespace virga::network::api
