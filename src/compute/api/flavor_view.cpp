#include "compute/api/flavor_view.hpp"

#include "base/error.hpp"
#include "compute/repo/flavor_repo.hpp"

namespace virga::compute::api {

json::object brief_flavor(const Call& call, const Flavor& flavor) {
    json::object view{
        {"id", flavor.id}, {"name", flavor.name}, {"links", links_of(call.request, "flavors/" + flavor.id)}};
    if (call.minor >= 55) view["description"] = string_or_null(flavor.description);
    return view;
}

json::object full_flavor(const Call& call, const Flavor& flavor) {
    auto view = brief_flavor(call, flavor);
    view["ram"] = flavor.memory_mib;
    view["disk"] = flavor.root_gib;
    view["vcpus"] = flavor.vcpus;
    view["swap"] = flavor.swap_mib;
    if (call.minor < 75 && flavor.swap_mib == 0) view["swap"] = "";
    view["OS-FLV-EXT-DATA:ephemeral"] = flavor.ephemeral_gib;
    view["OS-FLV-DISABLED:disabled"] = flavor.disabled;
    view["os-flavor-access:is_public"] = flavor.is_public;
    view["rxtx_factor"] = 1.0;
    if (call.minor >= 61) view["extra_specs"] = flavor.extra_specs;
    return view;
}

json::object embedded_flavor(const Call& call, const Flavor& flavor) {
    if (call.minor >= 47) {
        return {{"vcpus", flavor.vcpus},
                {"ram", flavor.memory_mib},
                {"disk", flavor.root_gib},
                {"ephemeral", flavor.ephemeral_gib},
                {"swap", flavor.swap_mib},
                {"original_name", flavor.name},
                {"extra_specs", flavor.extra_specs}};
    }
    json::array links;
    links.push_back(
        json::object{{"rel", "bookmark"}, {"href", call.request.base_url + "/compute/flavors/" + flavor.id}});
    return {{"id", flavor.id}, {"links", std::move(links)}};
}

bool may_use_all(const identity::Auth& auth) {
    static const identity::policy::Check check(policies(), "os_compute_api:flavors:all");
    return check.allows(auth);
}

bool may_use(db::Transaction& tx, const identity::Auth& auth, const Flavor& flavor) {
    return flavor.is_public || may_use_all(auth) || repo::has_flavor_access(tx, flavor.id, auth.project);
}

Flavor visible_flavor(db::Transaction& tx, const identity::Auth& auth, const std::string& id) {
    auto flavor = repo::find_flavor(tx, id);
    if (!flavor || !may_use(tx, auth, *flavor)) {
        throw Error(ErrorCode::NotFound, "Flavor " + id + " could not be found.", {}, id);
    }
    return *std::move(flavor);
}

}  // namespace virga::compute::api
