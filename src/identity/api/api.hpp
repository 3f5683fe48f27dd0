#pragma once
#include <functional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "db/database.hpp"
#include "http/http.hpp"
#include "identity/auth/authority.hpp"
#include "identity/auth/token_view.hpp"
#include "identity/service.hpp"

namespace virga::identity::api {

/// What the resources of the identity API share.
struct Context {
    db::Database& database;
    const config::Config& config;
    Authority& authority;
    TokenView tokens{config};

    /// The caller that a session makes, with what his roles mean there.
    Auth auth_of(const repo::Session& session, const std::string& request_id) const;
};

/// Who calls, with any valid token: the identity API also serves unscoped and domain tokens.
struct Caller {
    Auth auth;
    Token token;
};

/// Declares a route that the policy admits. What the policy says of a domain or an owner is looked at once more by the
/// handler, which knows the object: policy::Check with a Target.
void add_route(http::Router& router, Context& context, std::string method, std::string pattern, std::string_view policy,
               http::Response (*function)(Context&, http::Request&, const Caller&));
/// The same for one that reads: in the transaction that has looked at the caller's token. `function` may be run again.
void add_reading_route(http::Router& router, Context& context, std::string method, std::string pattern,
                       std::string_view policy,
                       http::Response (*function)(Context&, db::Transaction&, http::Request&, const Caller&));

/// {"<key>": items, "links": {...}}
http::Response list_response(const http::Request& request, std::string_view key, json::array items);
/// {"<key>": item}
http::Response item_response(int status, std::string_view key, json::object item);
json::object self_link(const http::Request& request, const std::string& path);
/// The object below `key` of a request body. Throws Error{InvalidInput}.
json::object body_object(const http::Request& request, std::string_view key);
/// Throws Error{NotFound} "Could not find <kind>: <id>."
[[noreturn]] void not_found(std::string_view kind, const std::string& id);

void add_versions(http::Router& router);
void add_tokens(http::Router& router, Context& context);
void add_domains(http::Router& router, Context& context);
void add_projects(http::Router& router, Context& context);
void add_users(http::Router& router, Context& context);
void add_roles(http::Router& router, Context& context);
void add_role_assignments(http::Router& router, Context& context);
void add_services(http::Router& router, Context& context);
void add_endpoints(http::Router& router, Context& context);
void add_regions(http::Router& router, Context& context);

}  // namespace virga::identity::api
