#include "base/error.hpp"
#include "compute/api/flavor_view.hpp"
#include "compute/repo/flavor_repo.hpp"

namespace virga::compute::api {
namespace {

const identity::policy::Actions kActions{
    {"addTenantAccess", "os_compute_api:os-flavor-access:add_tenant_access"},
    {"removeTenantAccess", "os_compute_api:os-flavor-access:remove_tenant_access"}};

http::Response access_view(db::Transaction& tx, const std::string& flavor) {
    json::array list;
    for (const auto& project : repo::flavor_projects(tx, flavor)) {
        list.push_back(json::object{{"flavor_id", flavor}, {"tenant_id", project}});
    }
    return json_response(200, "flavor_access", std::move(list));
}

http::Response list(Call& call) {
    auto tx = call.d.db.read();
    const auto flavor = visible_flavor(tx, call.auth, call.param("flavor_id"));
    if (flavor.is_public) {
        throw Error(ErrorCode::NotFound, "Access list not available for public flavors.");
    }
    return access_view(tx, flavor.id);
}

void change(db::Transaction& tx, const Flavor& flavor, const std::string& action, const std::string& project) {
    if (action == "addTenantAccess") {
        if (flavor.is_public) {
            throw Error(ErrorCode::Conflict, "Can not add access to a public flavor.");
        }
        if (repo::has_flavor_access(tx, flavor.id, ProjectId(project))) {
            throw Error(ErrorCode::Conflict, "Flavor access already exists for flavor " + flavor.id + " and project " +
                                                 project + " combination.");
        }
        repo::add_flavor_access(tx, flavor.id, project);
    } else if (!repo::remove_flavor_access(tx, flavor.id, project)) {
        throw Error(ErrorCode::NotFound,
                    "Flavor access not found for " + flavor.id + " / " + project + " combination.");
    }
}

http::Response act(Call& call) {
    const auto body = call.request.json_body();
    const std::string action(body.size() == 1 ? std::string_view(body.begin()->key()) : "");
    if (action != "addTenantAccess" && action != "removeTenantAccess") {
        throw Error(ErrorCode::InvalidInput, "the body must name addTenantAccess or removeTenantAccess");
    }
    const auto parameters = body_object(call.request, action);
    http::Fields fields(parameters, action);
    const auto project = fields.required_string("tenant", 1, 255);
    fields.finish();
    return call.d.db.write_with([&](db::Transaction& tx) {
        const auto flavor = visible_flavor(tx, call.auth, call.param("flavor_id"));
        change(tx, flavor, action, project);
        return access_view(tx, flavor.id);
    });
}

}  // namespace

void add_flavor_access(Routes& routes) {
    routes.add("GET", "/flavors/{flavor_id}/os-flavor-access", "os_compute_api:os-flavor-access", list);
    routes.add("POST", "/flavors/{flavor_id}/action", kActions, act);
}

}  // namespace virga::compute::api
