#include "identity/api/api.hpp"
#include "identity/api/password_turn.hpp"
#include "identity/auth/token_view.hpp"
#include "identity/repo/domain_repo.hpp"
#include "identity/repo/project_repo.hpp"
#include "identity/repo/role_repo.hpp"

namespace virga::identity::api {
namespace {

constexpr const char* kPath = "/identity/v3/auth/tokens";
constexpr const char* kSubject = "X-Subject-Token";

json::object show(const Context& context, db::Transaction& tx, const http::Request& request, const Token& token) {
    json::value catalog;
    if (!request.query_value("nocatalog")) {
        catalog = catalog_for(tx, context.config, request.base_url, token.scope.project_id);
    }
    return token_json(tx, token, std::move(catalog));
}

http::Response issue_now(Context& context, const http::Request& request, const AuthRequest& wanted) {
    const auto issued = context.authority.issue(wanted, request.remote_address);
    auto tx = context.database.read();
    auto response = http::Response::with_json(201, show(context, tx, request, issued.token));
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

/// The token in X-Subject-Token, which must be the caller's own user's unless he may look at any.
Token subject(db::Transaction& tx, const http::Request& request, const Caller& caller) {
    const auto text = request.headers.get(kSubject);
    if (text.empty()) throw Error(ErrorCode::InvalidInput, "X-Subject-Token: the header is required");
    auto session = repo::find_session(tx, token_digest(text), now_us());
    const bool trusted = caller.auth.is_admin() || caller.auth.is_service();
    if (session && !trusted && session->token.user_id != caller.auth.user.value) {
        require_admin(caller.auth, "identity:validate_token");
    }
    if (!session) throw Error(ErrorCode::NotFound, "This is not a recognized token.");
    return session->token;
}

http::Response validate(Context& context, http::Request& request, const Caller& caller) {
    auto tx = context.database.read();
    const auto token = subject(tx, request, caller);
    auto response = http::Response::with_json(200, show(context, tx, request, token));
    response.headers.set(kSubject, std::string(request.headers.get(kSubject)));
    return response;
}

http::Response revoke(Context& context, http::Request& request, const Caller& caller) {
    context.database.write_with([&](db::Transaction& tx) {
        const auto token = subject(tx, request, caller);
        repo::delete_token(tx, token.digest);
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
    for (const auto& domain : repo::list_domains(tx)) {
        if (!domain.enabled) continue;
        if (repo::roles_on(tx, caller.auth.user.value, TargetKind::Domain, domain.id).empty()) continue;
        items.push_back(json::object{{"id", domain.id},
                                     {"name", domain.name},
                                     {"description", domain.description},
                                     {"enabled", domain.enabled},
                                     {"links", self_link(request, "/domains/" + domain.id)}});
    }
    return list_response(request, "domains", std::move(items));
}

}  // namespace

void add_tokens(http::Router& router, Context& context) {
    const auto bind = [&context](auto function) {
        return with_caller(context, [&context, function](http::Request& request, const Caller& caller) {
            return function(context, request, caller);
        });
    };
    router.add_open({"POST", kPath, [&context](http::Request& request) { return issue(context, request); }});
    router.add({"GET", kPath, bind(validate)});
    router.add({"DELETE", kPath, bind(revoke)});
    router.add({"GET", "/identity/v3/auth/catalog", bind(list_catalog)});
    router.add({"GET", "/identity/v3/auth/projects", bind(list_projects)});
    router.add({"GET", "/identity/v3/auth/domains", bind(list_domains)});
}

}  // namespace virga::identity::api
