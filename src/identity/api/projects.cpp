#include <functional>
#include <set>

#include "http/schema.hpp"
#include "identity/api/api.hpp"
#include "identity/api/filters.hpp"
#include "identity/api/project_tree.hpp"
#include "identity/api/reserved.hpp"
#include "identity/auth/administrators.hpp"
#include "identity/model/extra.hpp"
#include "identity/model/name_fields.hpp"
#include "identity/repo/domain_repo.hpp"
#include "identity/repo/project_repo.hpp"
#include "identity/repo/user_repo.hpp"

namespace virga::identity::api {
namespace {

constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxDescription = 4096;
constexpr std::size_t kMaxTags = 80;
constexpr std::size_t kMaxId = 64;
const policy::Check kList(policies(), "identity:list_projects");
const policy::Check kListOfUser(policies(), "identity:list_user_projects");
const policy::Check kGet(policies(), "identity:get_project");
const policy::Check kCreate(policies(), "identity:create_project");
const policy::Check kUpdate(policies(), "identity:update_project");
const policy::Check kDelete(policies(), "identity:delete_project");

const Filters& filters() {
    static const Filters all{{"id", "name", "domain_id", "parent_id", "enabled", "is_domain", "description"}, true};
    return all;
}

json::object view(const http::Request& request, const Project& project) {
    json::object out{{"id", project.id},
                     {"name", project.name},
                     {"domain_id", project.domain_id},
                     {"description", project.description},
                     {"enabled", project.enabled},
                     {"parent_id", project.parent_id},
                     {"is_domain", false},
                     {"tags", project.tags},
                     {"options", json::object()},
                     {"links", self_link(request, "/projects/" + project.id)}};
    show_extra(project.extra, out);
    return out;
}

/// The project that the path names, which the caller may change by `check`.
Project require_own(db::Transaction& tx, const Context& context, const http::Request& request, const Caller& caller,
                    const policy::Check& check) {
    const auto& id = request.param("project_id");
    auto project = repo::find_project(tx, id);
    check.require(caller.auth, {.domain = project ? project->domain_id : ""});
    if (!project) not_found("project", id);
    require_unreserved(context, caller, *project);
    return *project;
}

std::optional<json::array> read_tags(http::Fields& fields) {
    const auto* tags = fields.array("tags", kMaxTags);
    if (tags == nullptr) return std::nullopt;
    std::set<std::string> unique;
    for (const auto& tag : *tags) {
        const bool usable = tag.is_string() && !tag.get_string().empty() && tag.get_string().size() <= 255 &&
                            std::string_view(tag.get_string()).find_first_of("/,") == std::string_view::npos;
        if (!usable) fields.fail("tags", "must be texts of 1 to 255 characters without '/' and ','");
        unique.emplace(tag.get_string());
    }
    json::array out;
    for (const auto& tag : unique) out.emplace_back(tag);
    return out;
}

void read_common(const json::object& body, http::Fields& fields, Project& project) {
    if (auto name = read_name(fields, kMaxName)) project.name = *name;
    if (fields.has("description")) project.description = fields.string("description", 0, kMaxDescription).value_or("");
    if (auto enabled = read_enabled(fields)) project.enabled = *enabled;
    if (auto tags = read_tags(fields)) project.tags = *tags;
    read_extra(
        body, "project",
        {"id", "name", "domain_id", "description", "enabled", "parent_id", "is_domain", "tags", "options", "links"},
        project.extra);
}

/// The domain follows from the parent project where one is given.
void place(db::Transaction& tx, http::Fields& fields, Project& project) {
    const auto domain = fields.string("domain_id", 1, kMaxId);
    const auto parent = fields.string("parent_id", 1, kMaxId);
    project.domain_id = domain.value_or(kDefaultDomain);
    project.parent_id = project.domain_id;
    if (parent && repo::find_domain(tx, *parent)) {
        if (domain && *domain != *parent) fields.fail("parent_id", "is another domain than domain_id");
        project.domain_id = project.parent_id = *parent;
    } else if (parent) {
        const auto above = repo::find_project(tx, *parent);
        if (!above) not_found("project", *parent);
        if (domain && *domain != above->domain_id) fields.fail("parent_id", "belongs to another domain");
        project.domain_id = above->domain_id;
        project.parent_id = above->id;
    }
    if (!repo::find_domain(tx, project.domain_id)) not_found("domain", project.domain_id);
}

json::array filtered(const http::Request& request, const std::vector<Project>& projects,
                     const std::function<bool(const Project&)>& visible) {
    json::array items;
    for (const auto& project : projects) {
        if (!visible(project)) continue;
        auto item = view(request, project);
        if (fits(request, filters(), item)) items.push_back(std::move(item));
    }
    return items;
}

http::Response list(Context& context, http::Request& request, const Caller& caller) {
    auto tx = context.database.read();
    return list_response(request, "projects", filtered(request, repo::list_projects(tx), [&](const Project& project) {
                             return kList.allows(caller.auth, {.domain = project.domain_id});
                         }));
}

http::Response list_of_user(Context& context, http::Request& request, const Caller& caller) {
    const auto& user_id = request.param("user_id");
    auto tx = context.database.read();
    const auto user = repo::find_user(tx, user_id);
    kListOfUser.require(caller.auth, {.domain = user ? user->domain_id : "", .user = user_id});
    if (!user) not_found("user", user_id);
    return list_response(
        request, "projects",
        filtered(request, repo::list_projects_of_user(tx, user_id), [](const Project&) { return true; }));
}

http::Response show(Context& context, http::Request& request, const Caller& caller) {
    const auto& id = request.param("project_id");
    auto tx = context.database.read();
    const auto project = repo::find_project(tx, id);
    if (caller.auth.project.value != id) {
        kGet.require(caller.auth, {.domain = project ? project->domain_id : "", .user = ""});
    }
    if (!project) not_found("project", id);
    return item_response(200, "project", view(request, *project));
}

http::Response create(Context& context, http::Request& request, const Caller& caller) {
    const auto body = body_object(request, "project");
    http::Fields fields(body, "project");
    if (fields.boolean("is_domain").value_or(false)) fields.fail("is_domain", "create a domain instead");
    Project project;
    project.id = new_uuid();
    project.name = required_name(fields, kMaxName);
    read_common(body, fields, project);
    context.database.write_with([&](db::Transaction& tx) {
        place(tx, fields, project);
        kCreate.require(caller.auth, {.domain = project.domain_id});
        require_unreserved(context, caller, project);
        require_enabled_above(tx, project);
        repo::insert_project(tx, project);
    });
    return item_response(201, "project", view(request, project));
}

http::Response update(Context& context, http::Request& request, const Caller& caller) {
    const auto body = body_object(request, "project");
    http::Fields fields(body, "project");
    const auto project = context.database.write_with([&](db::Transaction& tx) {
        auto changed = require_own(tx, context, request, caller, kUpdate);
        if (const auto domain = fields.string("domain_id", 1, kMaxId); domain && *domain != changed.domain_id) {
            fields.fail("domain_id", "can't be changed");
        }
        if (const auto parent = fields.string("parent_id", 1, kMaxId); parent && *parent != changed.parent_id) {
            throw Error(ErrorCode::Forbidden, "Update of 'parent_id' is not allowed: a project stays where it is.");
        }
        const LastAdministrator administrator(tx, context.config, context.authority.rules());
        const auto before = changed;
        read_common(body, fields, changed);
        require_unreserved(context, caller, changed);
        require_kept(context, before, changed.name, changed.enabled);
        if (changed.enabled && !before.enabled) require_enabled_above(tx, changed);
        if (!changed.enabled && before.enabled) require_disabled_below(tx, changed);
        repo::update_project(tx, changed);
        if (!changed.enabled) repo::delete_tokens_of_project(tx, changed.id);
        administrator.require_kept();
        return changed;
    });
    return item_response(200, "project", view(request, project));
}

http::Response remove(Context& context, http::Request& request, const Caller& caller) {
    context.database.write_with([&](db::Transaction& tx) {
        const auto project = require_own(tx, context, request, caller, kDelete);
        require_kept(context, project, {}, false);
        if (!repo::list_projects_below(tx, project.id).empty()) {
            throw Error(ErrorCode::Forbidden, "Cannot delete the project: it has projects below it.");
        }
        const LastAdministrator administrator(tx, context.config, context.authority.rules());
        repo::delete_project(tx, project.id);
        administrator.require_kept();
    });
    return http::Response::empty(204);
}

}  // namespace

void add_projects(http::Router& router, Context& context) {
    const std::string all = "/identity/v3/projects";
    const std::string one = all + "/{project_id}";
    add_route(router, context, "GET", all, "identity:list_projects", list);
    add_route(router, context, "POST", all, "identity:create_project", create);
    add_route(router, context, "GET", one, "identity:get_project", show);
    add_route(router, context, "PATCH", one, "identity:update_project", update);
    add_route(router, context, "DELETE", one, "identity:delete_project", remove);
    add_route(router, context, "GET", "/identity/v3/users/{user_id}/projects", "identity:list_user_projects",
              list_of_user);
}

}  // namespace virga::identity::api
