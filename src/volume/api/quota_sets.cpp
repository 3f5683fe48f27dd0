#include "volume/api/quotas.hpp"
#include "volume/repo/quota_repo.hpp"

namespace virga::volume::api {
namespace {

const identity::policy::Check kShow(policies(), "volume_extension:quotas:show");

json::object usage_view(const QuotaLimits& limits, const QuotaUsage& usage) {
    json::object set = limits_view(limits);
    for (auto& item : set) {
        item.value() = json::object{
            {"limit", item.value()}, {"in_use", used(usage, item.key())}, {"reserved", 0}, {"allocated", 0}};
    }
    return set;
}

http::Response answer(json::object set) {
    return http::Response::with_json(200, json::object{{"quota_set", std::move(set)}});
}

const std::string& target(const Call& call) {
    const auto& project = call.request.param("target_project");
    kShow.require(call.auth, {.project = project});
    return project;
}

http::Response show(const Call& call) {
    const auto& project = target(call);
    auto tx = call.db().read();
    const auto limits = repo::limits_of(tx, call.context.d.config, ProjectId(project));
    auto set = call.flag("usage") ? usage_view(limits, repo::usage_of(tx, ProjectId(project))) : limits_view(limits);
    set["id"] = project;
    return answer(std::move(set));
}

http::Response defaults(const Call& call) {
    const auto& project = target(call);
    auto tx = call.db().read();
    auto set = limits_view(repo::default_limits(tx, call.context.d.config));
    set["id"] = project;
    return answer(std::move(set));
}

/// skip_validation=False asks for a limit that what the project has fits in.
void check_fits(const http::Fields& fields, const std::map<std::string, std::int64_t>& wanted,
                const QuotaUsage& usage) {
    for (const auto& [name, limit] : wanted) {
        const auto in_use = used(usage, name);
        if (limit < 0 || limit >= in_use) continue;
        fields.fail(name, std::to_string(limit) + " is below the " + std::to_string(in_use) + " in use");
    }
}

http::Response update(const Call& call) {
    const ProjectId project(call.request.param("target_project"));
    const auto body = body_object(call, "quota_set");
    http::Fields fields(body, "quota_set");
    auto tx = call.db().write();
    const auto wanted = wanted_limits(body, fields, repo::limits_of(tx, call.context.d.config, project));
    if (call.request.query_value("skip_validation") && !call.flag("skip_validation")) {
        check_fits(fields, wanted, repo::usage_of(tx, project));
    }
    for (const auto& [name, limit] : wanted) repo::set_limit(tx, project, name, limit);
    auto set = limits_view(repo::limits_of(tx, call.context.d.config, project));
    tx.commit();
    return answer(std::move(set));
}

http::Response remove(const Call& call) {
    call.db().write_with(
        [&](db::Transaction& tx) { repo::clear_limits(tx, ProjectId(call.request.param("target_project"))); });
    return http::Response::empty(200);
}

}  // namespace

std::map<std::string, std::int64_t> wanted_limits(const json::object& body, http::Fields& fields,
                                                  const QuotaLimits& present) {
    std::map<std::string, std::int64_t> wanted;
    for (const auto& item : body) {
        const std::string name(item.key());
        if (name == "tenant_id" || name == "project_id" || name == "id" || name == "class_name" || name == "force") {
            fields.any(name);
        } else if (present.contains(name)) {
            wanted[name] = fields.required_integer(name, -1, INT32_MAX);
        } else {
            fields.fail(name, "is not a resource with a quota");
        }
    }
    return wanted;
}

json::object limits_view(const QuotaLimits& limits) {
    json::object set;
    for (const auto& name : quota_resources()) set[name] = limits.at(name);
    for (const auto& [name, limit] : limits) set[name] = limit;
    return set;
}

void register_quota_sets(Routes& routes) {
    routes.add("GET", "/os-quota-sets/{target_project}", "volume_extension:quotas:show", show);
    routes.add("GET", "/os-quota-sets/{target_project}/defaults", "volume_extension:quotas:show", defaults);
    routes.add("PUT", "/os-quota-sets/{target_project}", "volume_extension:quotas:update", update);
    routes.add("DELETE", "/os-quota-sets/{target_project}", "volume_extension:quotas:delete", remove);
}

}  // namespace virga::volume::api
