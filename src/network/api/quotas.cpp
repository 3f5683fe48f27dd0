#include "network/api/bodies.hpp"
#include "network/model/fault.hpp"
#include "network/repo/quota_repo.hpp"

namespace virga::network::api {
namespace {

const identity::policy::Check kShow(policies(), "get_quota");

constexpr std::int64_t kMaxBound = 2147483647;

const Collection kQuotas{"quota", "quotas", "network_quotas", {}, {}};

void require_own(const identity::Auth& auth, const std::string& project) {
    if (!kShow.allows(auth, {.project = project})) throw forbidden(std::string(kShow.name()));
}

json::object quotas_of(Context& context, db::Transaction& tx, const std::string& project) {
    json::object out;
    for (const auto resource : repo::kQuotaResources) {
        out[repo::quota_name(resource)] = repo::quota_of(tx, context.config, project, resource);
    }
    return out;
}

http::Response list_all(Context& context, http::Request&, const identity::Auth&) {
    auto tx = context.database.read();
    json::array items;
    for (const auto& [project, quotas] : repo::list_quotas(tx, context.config)) {
        json::object item;
        for (const auto& [resource, bound] : quotas) item[repo::quota_name(resource)] = bound;
        item["project_id"] = project;
        item["tenant_id"] = project;
        items.push_back(std::move(item));
    }
    json::object body;
    body["quotas"] = std::move(items);
    return http::Response::with_json(200, body);
}

http::Response show(Context& context, http::Request& request, const identity::Auth& auth) {
    const auto& project = request.param("id");
    require_own(auth, project);
    auto tx = context.database.read();
    return item_response(200, kQuotas, quotas_of(context, tx, project));
}

http::Response show_defaults(Context& context, http::Request& request, const identity::Auth& auth) {
    require_own(auth, request.param("id"));
    json::object out;
    for (const auto resource : repo::kQuotaResources) {
        out[repo::quota_name(resource)] = repo::default_quota(context.config, resource);
    }
    return item_response(200, kQuotas, std::move(out));
}

http::Response show_details(Context& context, http::Request& request, const identity::Auth& auth) {
    const auto& project = request.param("id");
    require_own(auth, project);
    auto tx = context.database.read();
    json::object out;
    for (const auto resource : repo::kQuotaResources) {
        out[repo::quota_name(resource)] = json::object{{"limit", repo::quota_of(tx, context.config, project, resource)},
                                                       {"used", repo::count_used(tx, project, resource)},
                                                       {"reserved", 0}};
    }
    return item_response(200, kQuotas, std::move(out));
}

http::Response show_project(Context&, http::Request&, const identity::Auth& auth) {
    json::object body;
    body["tenant"] = json::object{{"tenant_id", auth.project.value}, {"project_id", auth.project.value}};
    return http::Response::with_json(200, body);
}

http::Response change(Context& context, http::Request& request, const identity::Auth&) {
    const auto& project = request.param("id");
    return update(context, request, kQuotas, [&](db::Transaction& tx, http::Fields& fields) {
        for (const auto resource : repo::kQuotaResources) {
            const auto bound = fields.integer(repo::quota_name(resource), -1, kMaxBound);
            if (bound) repo::set_quota(tx, project, resource, *bound);
        }
        for (const auto* name : {"project_id", "tenant_id", "force", "check_limit"}) fields.any(name);
        fields.finish();
        return quotas_of(context, tx, project);
    });
}

http::Response remove(Context& context, http::Request& request, const identity::Auth&) {
    context.database.write_with([&](db::Transaction& tx) { repo::delete_quotas(tx, request.param("id")); });
    return http::Response::empty(204);
}

}  // namespace

void add_quotas(http::Router& router, Context& context) {
    add_route(router, context, "GET", "/quotas", "get_quotas", list_all);
    add_route(router, context, "GET", "/quotas/tenant", "get_quota", show_project);
    add_route(router, context, "GET", "/quotas/project", "get_quota", show_project);
    add_route(router, context, "GET", "/quotas/{id}", "get_quota", show);
    add_route(router, context, "GET", "/quotas/{id}/default", "get_quota", show_defaults);
    add_route(router, context, "GET", "/quotas/{id}/details", "get_quota", show_details);
    add_route(router, context, "GET", "/quotas/{id}/details.json", "get_quota", show_details);
    add_route(router, context, "PUT", "/quotas/{id}", "update_quota", change);
    add_route(router, context, "DELETE", "/quotas/{id}", "delete_quota", remove);
}

}  // namespace virga::network::api
