#include "identity/api/api.hpp"
#include "identity/api/reserved.hpp"
#include "identity/auth/administrators.hpp"
#include "identity/repo/domain_repo.hpp"
#include "identity/repo/names.hpp"
#include "identity/repo/project_repo.hpp"
#include "identity/repo/role_repo.hpp"
#include "identity/repo/user_repo.hpp"

namespace virga::identity::api {
namespace {

const policy::Check kList(policies(), "identity:list_role_assignments");

/// What decides the routes of one kind of target.
struct Checks {
    policy::Check list;
    policy::Check look;
    policy::Check give;
    policy::Check take;
};

const Checks& checks_of(TargetKind kind) {
    static const Checks system{{policies(), "identity:list_system_grants_for_user"},
                               {policies(), "identity:check_system_grant_for_user"},
                               {policies(), "identity:create_system_grant_for_user"},
                               {policies(), "identity:revoke_system_grant_for_user"}};
    static const Checks others{{policies(), "identity:list_grants"},
                               {policies(), "identity:check_grant"},
                               {policies(), "identity:create_grant"},
                               {policies(), "identity:revoke_grant"}};
    return kind == TargetKind::System ? system : others;
}

std::optional<std::string> domain_of_target(db::Transaction& tx, TargetKind kind, const std::string& id) {
    switch (kind) {
        case TargetKind::System:
            return std::string();
        case TargetKind::Domain:
            if (!repo::find_domain(tx, id)) return std::nullopt;
            return id;
        case TargetKind::Project: {
            const auto project = repo::find_project(tx, id);
            if (!project) return std::nullopt;
            return project->domain_id;
        }
    }
    return std::nullopt;
}

/// The assignment that a path names, with everything in it known to exist. The check wants both the user and the target
/// to be of the caller's domain, where that is what gives him his power.
Assignment named(db::Transaction& tx, const http::Request& request, TargetKind kind, const Caller& caller,
                 const policy::Check& check) {
    Assignment assignment;
    assignment.user_id = request.param("user_id");
    assignment.target = kind;
    assignment.target_id = kind == TargetKind::System ? kWholeSystem : request.param("target_id");
    const auto user = repo::find_user(tx, assignment.user_id);
    const auto domain = domain_of_target(tx, kind, assignment.target_id);
    check.require(caller.auth, {.domain = user ? user->domain_id : ""});
    check.require(caller.auth, {.domain = domain.value_or("")});
    if (!user) not_found("user", assignment.user_id);
    if (!domain) not_found(to_string(kind), assignment.target_id);
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

template <TargetKind Kind>
http::Response grant(Context& context, http::Request& request, const Caller& caller) {
    context.database.write_with([&](db::Transaction& tx) {
        const auto assignment = named(tx, request, Kind, caller, checks_of(Kind).give);
        require_grantable(tx, context, caller, assignment);
        repo::grant(tx, assignment);
    });
    return http::Response::empty(204);
}

template <TargetKind Kind>
http::Response revoke(Context& context, http::Request& request, const Caller& caller) {
    context.database.write_with([&](db::Transaction& tx) {
        const auto assignment = named(tx, request, Kind, caller, checks_of(Kind).take);
        require_grantable(tx, context, caller, assignment);
        const LastAdministrator administrator(tx, context.config, context.authority.rules());
        if (!repo::revoke(tx, assignment)) no_assignment(assignment);
        administrator.require_kept();
    });
    return http::Response::empty(204);
}

template <TargetKind Kind>
http::Response check(Context& context, http::Request& request, const Caller& caller) {
    auto tx = context.database.read();
    const auto assignment = named(tx, request, Kind, caller, checks_of(Kind).look);
    if (!repo::has_assignment(tx, assignment)) no_assignment(assignment);
    return http::Response::empty(204);
}

template <TargetKind Kind>
http::Response list_on_target(Context& context, http::Request& request, const Caller& caller) {
    auto tx = context.database.read();
    const auto assignment = named(tx, request, Kind, caller, checks_of(Kind).list);
    json::array items;
    for (const auto& role : repo::roles_on(tx, assignment.user_id, Kind, assignment.target_id)) {
        items.push_back(json::object{{"id", role.id},
                                     {"name", role.name},
                                     {"domain_id", nullptr},
                                     {"links", self_link(request, "/roles/" + role.id)}});
    }
    return list_response(request, "roles", std::move(items));
}

/// What a list of assignments names.
struct Names {
    repo::Names users;
    repo::Names roles;
    repo::Names projects;
    repo::Names domains;
};

Names names_of(db::Transaction& tx, const std::vector<Assignment>& assignments) {
    using repo::NamedKind;
    std::set<std::string> users, roles, projects, domains;
    for (const auto& a : assignments) {
        users.insert(a.user_id);
        roles.insert(a.role_id);
        if (a.target == TargetKind::Project) projects.insert(a.target_id);
        if (a.target == TargetKind::Domain) domains.insert(a.target_id);
    }
    Names names{repo::names_of(tx, NamedKind::User, users),
                repo::names_of(tx, NamedKind::Role, roles),
                repo::names_of(tx, NamedKind::Project, projects),
                {}};
    for (const auto* known : {&names.users, &names.projects}) {
        for (const auto& [id, named] : *known) domains.insert(named.domain_id);
    }
    names.domains = repo::names_of(tx, NamedKind::Domain, domains);
    return names;
}

const repo::Named* find(const repo::Names& names, const std::string& id) {
    const auto found = names.find(id);
    return found == names.end() ? nullptr : &found->second;
}

json::object domain_ref(const Names& names, const std::string& id) {
    const auto* domain = find(names.domains, id);
    return {{"id", id}, {"name", domain != nullptr ? domain->name : std::string()}};
}

void add_name(const Names& names, const repo::Named* named, json::object& out) {
    if (named == nullptr) return;
    out["name"] = named->name;
    if (!named->domain_id.empty()) out["domain"] = domain_ref(names, named->domain_id);
}

void add_names(const Names& names, const Assignment& a, json::object& user, json::object& role, json::object& target) {
    add_name(names, find(names.users, a.user_id), user);
    add_name(names, find(names.roles, a.role_id), role);
    if (a.target == TargetKind::Domain) target = domain_ref(names, a.target_id);
    if (a.target == TargetKind::Project) add_name(names, find(names.projects, a.target_id), target);
}

/// Of the target, as far as there is one.
std::string domain_of(const Names& names, const Assignment& a) {
    if (a.target == TargetKind::System) return {};
    const auto* named = find(a.target == TargetKind::Domain ? names.domains : names.projects, a.target_id);
    return named != nullptr ? named->domain_id : std::string();
}

/// `names` is null where only ids are asked for.
json::object view(const http::Request& request, const Assignment& a, const Names* names) {
    json::object user{{"id", a.user_id}};
    json::object role{{"id", a.role_id}};
    json::object target{{"id", a.target_id}};
    if (names != nullptr) add_names(*names, a, user, role, target);
    const auto kind = to_string(a.target);
    const bool system = a.target == TargetKind::System;
    if (system) target = json::object{{"all", true}};
    json::object scope;
    scope[kind] = std::move(target);
    const auto path = "/" + kind + (system ? "" : "s/" + a.target_id) + "/users/" + a.user_id + "/roles/" + a.role_id;
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

/// There are no groups and no inherited roles; an empty id is nobody's.
bool asks_for_nothing(const http::Request& request) {
    for (const auto name : {"group.id", "scope.OS-INHERIT:inherited_to"}) {
        if (request.query_value(name)) return true;
    }
    for (const auto name : {"user.id", "role.id", "scope.project.id", "scope.domain.id"}) {
        if (request.query_value(name) == "") return true;
    }
    return false;
}

/// Those of the caller's domain, where it is that which lets him look.
bool is_visible(const Caller& caller, const Names& names, const Assignment& a) {
    return kList.allows(caller.auth, {.domain = domain_of(names, a), .user = a.user_id});
}

http::Response list(Context& context, http::Request& request, const Caller& caller) {
    repo::AssignmentFilter filter;
    filter.user_id = request.query_value("user.id").value_or("");
    filter.role_id = request.query_value("role.id").value_or("");
    filter.project_id = request.query_value("scope.project.id").value_or("");
    filter.domain_id = request.query_value("scope.domain.id").value_or("");
    filter.system = request.query_value("scope.system").has_value();
    json::array items;
    if (!asks_for_nothing(request)) {
        kList.require(caller.auth, {.user = filter.user_id});
        auto tx = context.database.read();
        const auto found = repo::list_assignments(tx, filter);
        const auto names = names_of(tx, found);
        const auto* shown = asked(request, "include_names") ? &names : nullptr;
        for (const auto& assignment : found) {
            if (is_visible(caller, names, assignment)) items.push_back(view(request, assignment, shown));
        }
    }
    return list_response(request, "role_assignments", std::move(items));
}

template <TargetKind Kind>
void add_target(http::Router& router, Context& context, const std::string& target) {
    const auto all = "/identity/v3/" + target + "/users/{user_id}/roles";
    const auto one = all + "/{role_id}";
    const auto& checks = checks_of(Kind);
    add_route(router, context, "GET", all, checks.list.name(), list_on_target<Kind>);
    add_route(router, context, "PUT", one, checks.give.name(), grant<Kind>);
    add_route(router, context, "GET", one, checks.look.name(), check<Kind>);
    add_route(router, context, "DELETE", one, checks.take.name(), revoke<Kind>);
}

}  // namespace

void add_role_assignments(http::Router& router, Context& context) {
    add_target<TargetKind::Project>(router, context, "projects/{target_id}");
    add_target<TargetKind::Domain>(router, context, "domains/{target_id}");
    add_target<TargetKind::System>(router, context, "system");
    add_route(router, context, "GET", "/identity/v3/role_assignments", "identity:list_role_assignments", list);
}

}  // namespace virga::identity::api
