#include "identity/api/api.hpp"

#include "identity/repo/name_key.hpp"
#include "identity/settings.hpp"

namespace virga::identity::api {

namespace {

bool is_project_named(const repo::Session& session, const std::string& name) {
    return session.project_domain_id == kDefaultDomain && session.project_name == name;
}

policy::Holder holder_of(const repo::Session& session, const config::Config& config) {
    policy::Holder holder;
    const auto& scope = session.token.scope;
    if (scope.system) holder.scope = policy::ScopeOf::System;
    if (!scope.domain_id.empty()) holder.scope = policy::ScopeOf::Domain;
    if (!scope.project_id.empty()) holder.scope = policy::ScopeOf::Project;
    holder.roles = session.roles;
    holder.admin_project = is_project_named(session, config.get(setting::admin_project));
    holder.service_project = is_project_named(session, config.get(setting::service_project));
    holder.admin_anywhere = config.get(setting::admin_of_any_project);
    return holder;
}

Caller caller_of(const Context& context, db::Transaction& tx, const http::Request& request) {
    const auto session = context.authority.session(tx, request.headers.get(http::RequestHeader::AuthToken));
    return {context.auth_of(session, request.request_id), session.token};
}

}  // namespace

Auth Context::auth_of(const repo::Session& session, const std::string& request_id) const {
    Auth auth;
    auth.user = UserId(session.token.user_id);
    auth.user_name = session.user_name;
    auth.project = ProjectId(session.token.scope.project_id);
    auth.project_name = session.project_name;
    auth.domain = session.token.scope.domain_id;
    auth.roles = session.roles;
    auth.standings = policy::standings_of(holder_of(session, config));
    auth.request_id = request_id;
    return auth;
}

void add_route(http::Router& router, Context& context, std::string method, std::string pattern, std::string_view policy,
               http::Response (*function)(Context&, http::Request&, const Caller&)) {
    auto route = guarded_route(std::move(method), std::move(pattern), policy);
    route.handler = [&context, guard = policy::Guard(policies(), policy), function](http::Request& request) {
        const auto caller =
            context.database.read_with([&](db::Transaction& tx) { return caller_of(context, tx, request); });
        guard.require(caller.auth, request);
        auto response = function(context, request, caller);
        response.headers.set("Vary", "X-Auth-Token");
        return response;
    };
    router.add(std::move(route));
}

void add_reading_route(http::Router& router, Context& context, std::string method, std::string pattern,
                       std::string_view policy,
                       http::Response (*function)(Context&, db::Transaction&, http::Request&, const Caller&)) {
    auto route = guarded_route(std::move(method), std::move(pattern), policy);
    route.handler = [&context, guard = policy::Guard(policies(), policy), function](http::Request& request) {
        auto response = context.database.read_with([&](db::Transaction& tx) {
            const auto caller = caller_of(context, tx, request);
            guard.require(caller.auth, request);
            return function(context, tx, request, caller);
        });
        response.headers.set("Vary", "X-Auth-Token");
        return response;
    };
    router.add(std::move(route));
}

http::Response list_response(const http::Request& request, std::string_view key, json::array items) {
    json::object body;
    body[key] = std::move(items);
    body["links"] = json::object{{"next", nullptr}, {"previous", nullptr}, {"self", request.base_url + request.target}};
    return http::Response::with_json(200, body);
}

http::Response item_response(int status, std::string_view key, json::object item) {
    json::object body;
    body[key] = std::move(item);
    return http::Response::with_json(status, body);
}

json::object self_link(const http::Request& request, const std::string& path) {
    return {{"self", request.base_url + "/identity/v3" + path}};
}

json::object body_object(const http::Request& request, std::string_view key) {
    auto body = request.json_body();
    auto* object = body.if_contains(key);
    if (object == nullptr || !object->is_object()) {
        throw Error(ErrorCode::InvalidInput, std::string(key) + ": is required and must be an object");
    }
    return std::move(object->get_object());
}

void not_found(std::string_view kind, const std::string& id) {
    throw Error(ErrorCode::NotFound, "Could not find " + std::string(kind) + ": " + id + ".", {}, id);
}

}  // namespace virga::identity::api
