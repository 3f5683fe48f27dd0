#include "identity/api/api.hpp"
#include "identity/api/password_turn.hpp"
#include "identity/auth/token_view.hpp"
#include "identity/repo/domain_repo.hpp"
#include "identity/repo/project_repo.hpp"
#include "identity/repo/role_repo.hpp"

namespace virga::identity::api {
namespace {

constexpr const char* kPath = "/identity/v3/auth/tokens";
const std::string kSubject(http::name_of(http::RequestHeader::SubjectToken));

http::Response show(Context& context, db::Transaction& tx, int status, const http::Request& request,
                    const repo::Session& session) {
    const bool with_catalog = !request.query_value("nocatalog");
    auto response = http::Response::empty(status);
    response.headers.add("Content-Type", "application/json");
    response.body = context.tokens.text(tx, session, request.base_url, with_catalog);
    return response;
}

http::Response issue_now(Context& context, const http::Request& request, const AuthRequest& wanted) {
    const auto issued = context.authority.issue(wanted, request.remote_address);
    auto tx = context.database.read();
    const auto session = context.authority.session(tx, issued.secret.reveal());
    auto response = show(context, tx, 201, request, session);
    response.headers.set(kSubject, issued.secret.reveal());
    response.headers.set("Vary", "X-Auth-Token");
    return response;
}

/// Only what looks at a password waits for its turn.
http::Response issue(Context& context, http::Request& request) {
    auto wanted = parse_auth_request(request.json_body());
    if (!wanted.asks_for("password")) return issue_now(context, request, wanted);
    return password_turn(
        context, [&context, &request, wanted = std::move(wanted)] { return issue_now(context, request, wanted); });
}

const policy::Check kValidate(policies(), "identity:validate_token");
const policy::Check kRevoke(policies(), "identity:revoke_token");

/// The token in X-Subject-Token, of a user whose tokens `check` lets the caller see.
repo::Session subject(const Context& context, db::Transaction& tx, const http::Request& request, const Caller& caller,
                      const policy::Check& check) {
    const auto text = request.headers.get(http::RequestHeader::SubjectToken);
    if (text.empty()) throw Error(ErrorCode::InvalidInput, "X-Subject-Token: the header is required");
    auto session = context.authority.find_session(tx, token_digest(text), now_us());
    if (session) check.require(caller.auth, {.user = session->token.user_id});
    if (!session) throw Error(ErrorCode::NotFound, "This is not a recognized token.");
    return *std::move(session);
}

http::Response validate(Context& context, db::Transaction& tx, http::Request& request, const Caller& caller) {
    auto response = show(context, tx, 200, request, subject(context, tx, request, caller, kValidate));
    response.headers.set(kSubject, std::string(request.headers.get(http::RequestHeader::SubjectToken)));
    return response;
}

http::Response revoke(Context& context, http::Request& request, const Caller& caller) {
    context.database.write_with([&](db::Transaction& tx) {
        repo::delete_token(tx, subject(context, tx, request, caller, kRevoke).token.digest);
    });
    return http::Response::empty(204);
}

http::Response list_catalog(Context& context, http::Request& request, const Caller& caller) {
    if (caller.token.scope.unscoped()) {
        throw Error(ErrorCode::Forbidden, "An unscoped token has no catalog. Ask for a token for a project.");
    }
    auto tx = context.database.read();
    return list_response(request, "catalog",
                         catalog_for(tx, context.config, request.base_url, caller.token.scope.project_id));
}

http::Response list_projects(Context& context, http::Request& request, const Caller& caller) {
    auto tx = context.database.read();
    json::array items;
    for (const auto& project : repo::list_projects_of_user(tx, caller.auth.user.value)) {
        items.push_back(json::object{{"id", project.id},
                                     {"name", project.name},
                                     {"domain_id", project.domain_id},
                                     {"description", project.description},
                                     {"enabled", project.enabled},
                                     {"parent_id", project.parent_id},
                                     {"is_domain", false},
                                     {"links", self_link(request, "/projects/" + project.id)}});
    }
    return list_response(request, "projects", std::move(items));
}

http::Response list_domains(Context& context, http::Request& request, const Caller& caller) {
    auto tx = context.database.read();
    json::array items;
    for (const auto& domain : repo::list_domains_of_user(tx, caller.auth.user.value)) {
        items.push_back(json::object{{"id", domain.id},
                                     {"name", domain.name},
                                     {"description", domain.description},
                                     {"enabled", domain.enabled},
                                     {"links", self_link(request, "/domains/" + domain.id)}});
    }
    return list_response(request, "domains", std::move(items));
}

http::Response show_system(Context& context, http::Request& request, const Caller& caller) {
    auto tx = context.database.read();
    json::array items;
    if (!repo::roles_on(tx, caller.auth.user.value, TargetKind::System, kWholeSystem).empty()) {
        items.push_back(json::object{{"all", true}});
    }
    return list_response(request, "system", std::move(items));
}

}  // namespace

void add_tokens(http::Router& router, Context& context) {
    router.add(
        http::public_route("POST", kPath, [&context](http::Request& request) { return issue(context, request); }));
    add_reading_route(router, context, "GET", kPath, "identity:validate_token", validate);
    add_route(router, context, "DELETE", kPath, "identity:revoke_token", revoke);
    add_route(router, context, "GET", "/identity/v3/auth/catalog", "identity:get_auth_catalog", list_catalog);
    add_route(router, context, "GET", "/identity/v3/auth/projects", "identity:get_auth_projects", list_projects);
    add_route(router, context, "GET", "/identity/v3/auth/domains", "identity:get_auth_domains", list_domains);
    add_route(router, context, "GET", "/identity/v3/auth/system", "identity:get_auth_system", show_system);
}

}  // namespace virga::identity::api
