#include "volume/api/api.hpp"
#include "volume/repo/quota_repo.hpp"
#include "volume/repo/type_repo.hpp"

namespace virga::volume::api {
namespace {

json::value entry(std::int64_t limit, std::int64_t in_use, bool with_usage) {
    if (!with_usage) return limit;
    return json::object{{"limit", limit}, {"in_use", in_use}, {"reserved", 0}, {"allocated", 0}};
}

/// Every resource, and those of each volume type, which have no bound of their own.
json::object quota_set(db::Transaction& tx, const std::string& project, const QuotaLimits& limits, bool with_usage) {
    json::object set{{"id", project}};
    const auto usage = with_usage ? repo::usage_of(tx, ProjectId(project)) : QuotaUsage{};
    for (const auto& name : quota_resources()) set[name] = entry(limits.at(name), used(usage, name), with_usage);
    for (const auto& type : repo::all_types(tx)) {
        for (const auto* name : {"volumes", "snapshots", "gigabytes"}) {
            set[std::string(name) + "_" + type.name] = entry(-1, 0, with_usage);
        }
    }
    return set;
}

http::Response answer(json::object set) {
    return http::Response::with_json(200, json::object{{"quota_set", std::move(set)}});
}

const std::string& target(const Call& call) {
    const auto& project = call.request.param("target_project");
    if (project != call.auth.project.value) identity::require_admin(call.auth, "volume_extension:quotas:show");
    return project;
}

http::Response show(const Call& call) {
    const auto& project = target(call);
    auto tx = call.db().read();
    const auto limits = repo::limits_of(tx, call.context.d.config, ProjectId(project));
    return answer(quota_set(tx, project, limits, call.flag("usage")));
}

http::Response defaults(const Call& call) {
    const auto& project = target(call);
    auto tx = call.db().read();
    return answer(quota_set(tx, project, repo::default_limits(call.context.d.config), false));
}

bool is_resource(std::string_view name) {
    for (const auto& known : quota_resources()) {
        if (name == known) return true;
    }
    return false;
}

http::Response update(const Call& call) {
    identity::require_admin(call.auth, "volume_extension:quotas:update");
    const auto& project = call.request.param("target_project");
    const auto body = body_object(call, "quota_set");
    http::Fields fields(body, "quota_set");
    std::map<std::string, std::int64_t> wanted;
    for (const auto& item : body) {
        const std::string name(item.key());
        if (is_resource(name)) {
            wanted[name] = fields.required_integer(name, -1, INT32_MAX);
        } else if (name == "tenant_id" || name == "project_id" || name == "id" || name == "force" ||
                   name == "skip_validation" || name.find('_') != std::string::npos) {
            fields.any(name);
        }
    }
    fields.finish();
    auto tx = call.db().write();
    for (const auto& [name, limit] : wanted) repo::set_limit(tx, ProjectId(project), name, limit);
    auto set = quota_set(tx, project, repo::limits_of(tx, call.context.d.config, ProjectId(project)), false);
    tx.commit();
    set.erase("id");
    return answer(std::move(set));
}

http::Response remove(const Call& call) {
    identity::require_admin(call.auth, "volume_extension:quotas:delete");
    call.db().write_with(
        [&](db::Transaction& tx) { repo::clear_limits(tx, ProjectId(call.request.param("target_project"))); });
    return http::Response::empty(200);
}

}  // namespace

void register_quota_sets(Routes& routes) {
    routes.add("GET", "/os-quota-sets/{target_project}", show);
    routes.add("GET", "/os-quota-sets/{target_project}/defaults", defaults);
    routes.add("PUT", "/os-quota-sets/{target_project}", update);
    routes.add("DELETE", "/os-quota-sets/{target_project}", remove);
}

}  // namespace virga::volume::api
