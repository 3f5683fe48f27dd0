#include "identity/api/api.hpp"
#include "identity/repo/domain_repo.hpp"
#include "identity/repo/project_repo.hpp"
#include "identity/repo/role_repo.hpp"
#include "identity/repo/user_repo.hpp"

namespace virga::identity::api {
namespace {

/// The assignment that a path names, with everything in it known to exist.
Assignment named(db::Transaction& tx, const http::Request& request, TargetKind kind) {
    Assignment assignment;
    assignment.user_id = request.param("user_id");
    assignment.target = kind;
    assignment.target_id = request.param("target_id");
    if (!repo::find_user(tx, assignment.user_id)) not_found("user", assignment.user_id);
    const bool exists = kind == TargetKind::Project ? repo::find_project(tx, assignment.target_id).has_value()
                                                    : repo::find_domain(tx, assignment.target_id).has_value();
    if (!exists) not_found(to_string(kind), assignment.target_id);
    const auto role = request.path_params.find("role_id");
    if (role == request.path_params.end()) return assignment;
    assignment.role_id = role->second;
    if (!repo::find_role(tx, assignment.role_id)) not_found("role", assignment.role_id);
    return assignment;
}

[[noreturn]] void no_assignment(const Assignment& a) {
    throw Error(ErrorCode::NotFound, "Could not find role assignment with role: " + a.role_id + ", user or group: " +
                                         a.user_id + ", project, domain, or system: " + a.target_id + ".");
}

http::Response grant(Context& context, http::Request& request, TargetKind kind) {
    context.database.write_with([&](db::Transaction& tx) { repo::grant(tx, named(tx, request, kind)); });
    return http::Response::empty(204);
}

http::Response revoke(Context& context, http::Request& request, TargetKind kind) {
    context.database.write_with([&](db::Transaction& tx) {
        const auto assignment = named(tx, request, kind);
        if (!repo::revoke(tx, assignment)) no_assignment(assignment);
    });
    return http::Response::empty(204);
}

http::Response check(Context& context, http::Request& request, TargetKind kind) {
    auto tx = context.database.read();
    const auto assignment = named(tx, request, kind);
    if (!repo::has_assignment(tx, assignment)) no_assignment(assignment);
    return http::Response::empty(204);
}

http::Response list_on_target(Context& context, http::Request& request, TargetKind kind) {
    auto tx = context.database.read();
    const auto assignment = named(tx, request, kind);
    json::array items;
    for (const auto& role : repo::roles_on(tx, assignment.user_id, kind, assignment.target_id)) {
        items.push_back(json::object{{"id", role.id},
                                     {"name", role.name},
                                     {"domain_id", nullptr},
                                     {"links", self_link(request, "/roles/" + role.id)}});
    }
    return list_response(request, "roles", std::move(items));
}

json::object domain_ref(db::Transaction& tx, const std::string& id) {
    const auto domain = repo::find_domain(tx, id);
    return {{"id", id}, {"name", domain ? domain->name : std::string()}};
}

void add_names(db::Transaction& tx, const Assignment& a, json::object& user, json::object& role, json::object& target) {
    if (const auto found = repo::find_user(tx, a.user_id)) {
        user["name"] = found->name;
        user["domain"] = domain_ref(tx, found->domain_id);
    }
    if (const auto found = repo::find_role(tx, a.role_id)) role["name"] = found->name;
    if (a.target == TargetKind::Domain) {
        target = domain_ref(tx, a.target_id);
    } else if (const auto found = repo::find_project(tx, a.target_id)) {
        target["name"] = found->name;
        target["domain"] = domain_ref(tx, found->domain_id);
    }
}

json::object view(db::Transaction& tx, const http::Request& request, const Assignment& a, bool with_names) {
    json::object user{{"id", a.user_id}};
    json::object role{{"id", a.role_id}};
    json::object target{{"id", a.target_id}};
    if (with_names) add_names(tx, a, user, role, target);
    const auto kind = to_string(a.target);
    json::object scope;
    scope[kind] = std::move(target);
    const auto path = "/" + kind + "s/" + a.target_id + "/users/" + a.user_id + "/roles/" + a.role_id;
    json::object out;
    out["user"] = std::move(user);
    out["role"] = std::move(role);
    out["scope"] = std::move(scope);
    out["links"] = json::object{{"assignment", request.base_url + "/identity/v3" + path}};
    return out;
}

bool asked(const http::Request& request, std::string_view name) {
    const auto value = request.query_value(name);
    return value && *value != "0" && *value != "false" && *value != "False";
}

/// There are no groups, no system roles and no inherited ones; an empty id is nobody's.
bool asks_for_nothing(const http::Request& request) {
    for (const auto name : {"group.id", "scope.system", "scope.OS-INHERIT:inherited_to"}) {
        if (request.query_value(name)) return true;
    }
    for (const auto name : {"user.id", "role.id", "scope.project.id", "scope.domain.id"}) {
        if (request.query_value(name) == "") return true;
    }
    return false;
}

http::Response list(Context& context, http::Request& request, const Caller& caller) {
    repo::AssignmentFilter filter;
    filter.user_id = request.query_value("user.id").value_or("");
    filter.role_id = request.query_value("role.id").value_or("");
    filter.project_id = request.query_value("scope.project.id").value_or("");
    filter.domain_id = request.query_value("scope.domain.id").value_or("");
    if (filter.user_id != caller.auth.user.value) require_admin(caller.auth, "identity:list_role_assignments");
    json::array items;
    if (!asks_for_nothing(request)) {
        auto tx = context.database.read();
        for (const auto& assignment : repo::list_assignments(tx, filter)) {
            items.push_back(view(tx, request, assignment, asked(request, "include_names")));
        }
    }
    return list_response(request, "role_assignments", std::move(items));
}

void add_target(http::Router& router, Context& context, TargetKind kind) {
    const auto admin = [&](const char* rule, auto function) {
        return for_admin(context, rule, [&context, function, kind](http::Request& request, const Caller&) {
            return function(context, request, kind);
        });
    };
    const auto all = "/identity/v3/" + to_string(kind) + "s/{target_id}/users/{user_id}/roles";
    const auto one = all + "/{role_id}";
    router.add({"GET", all, admin("identity:list_grants", list_on_target)});
    router.add({"PUT", one, admin("identity:create_grant", grant)});
    router.add({"GET", one, admin("identity:check_grant", check)});
    router.add({"DELETE", one, admin("identity:revoke_grant", revoke)});
}

}  // namespace

void add_role_assignments(http::Router& router, Context& context) {
    add_target(router, context, TargetKind::Project);
    add_target(router, context, TargetKind::Domain);
    router.add({"GET", "/identity/v3/role_assignments",
                with_caller(context, [&context](http::Request& request, const Caller& caller) {
                    return list(context, request, caller);
                })});
}

}  // namespace virga::identity::api
