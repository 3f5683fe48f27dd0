#include "identity/api/api.hpp"

#include "identity/repo/name_key.hpp"

namespace virga::identity::api {

Auth auth_of(const repo::Session& session, const std::string& request_id) {
    Auth auth;
    auth.user = UserId(session.token.user_id);
    auth.user_name = session.user_name;
    auth.project = ProjectId(session.token.scope.project_id);
    auth.project_name = session.project_name;
    auth.roles = session.roles;
    auth.request_id = request_id;
    return auth;
}

http::Handler with_caller(Context& context, CallerHandler handler) {
    return [&context, handler = std::move(handler)](http::Request& request) {
        const auto session = context.database.read_with(
            [&](db::Transaction& tx) { return context.authority.session(tx, request.headers.get("X-Auth-Token")); });
        auto response = handler(request, Caller{auth_of(session, request.request_id), session.token});
        response.headers.set("Vary", "X-Auth-Token");
        return response;
    };
}

http::Handler for_admin(Context& context, std::string rule, CallerHandler handler) {
    return with_caller(
        context, [rule = std::move(rule), handler = std::move(handler)](http::Request& request, const Caller& caller) {
            require_admin(caller.auth, rule);
            return handler(request, caller);
        });
}

void require_self_or_admin(const Caller& caller, const std::string& user_id, std::string_view rule) {
    if (caller.auth.user.value != user_id) require_admin(caller.auth, rule);
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
