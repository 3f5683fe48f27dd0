#include <map>

#include "base/error.hpp"
#include "compute/api/api.hpp"

namespace virga::compute::api {
namespace {

/// Alias to name: what old clients look for before they use a resource.
const std::map<std::string, std::string>& known() {
    static const std::map<std::string, std::string> table{{"os-availability-zone", "AvailabilityZone"},
                                                          {"os-flavor-access", "FlavorAccess"},
                                                          {"os-flavor-extra-specs", "FlavorExtraSpecs"},
                                                          {"os-flavor-manage", "FlavorManage"},
                                                          {"os-hypervisors", "Hypervisors"},
                                                          {"os-instance-actions", "InstanceActions"},
                                                          {"os-attach-interfaces", "AttachInterfaces"},
                                                          {"os-keypairs", "Keypairs"},
                                                          {"os-lock-server", "LockServer"},
                                                          {"os-quota-sets", "Quotas"},
                                                          {"os-services", "Services"},
                                                          {"os-user-data", "UserData"},
                                                          {"os-used-limits", "UsedLimits"},
                                                          {"os-volumes", "Volumes"},
                                                          {"os-console-output", "ConsoleOutput"},
                                                          {"os-block-device-mapping-v1", "BlockDeviceMapping"},
                                                          {"os-block-device-mapping", "BlockDeviceMapping"},
                                                          {"virga-trace", "VirgaTrace"}};
    return table;
}

json::object view(const std::string& alias, const std::string& name) {
    return {{"alias", alias},
            {"name", name},
            {"description", name},
            {"namespace", "http://docs.openstack.org/compute/ext/fake_xml"},
            {"updated", "2014-12-03T00:00:00Z"},
            {"links", json::array()}};
}

http::Response list(Call&) {
    json::array views;
    for (const auto& [alias, name] : known()) views.push_back(view(alias, name));
    return json_response(200, "extensions", std::move(views));
}

http::Response show(Call& call) {
    const auto found = known().find(call.param("alias"));
    if (found == known().end()) {
        throw Error(ErrorCode::NotFound, "The extension " + call.param("alias") + " could not be found.");
    }
    return json_response(200, "extension", view(found->first, found->second));
}

}  // namespace

void add_extensions(Routes& routes) {
    routes.add("GET", "/extensions", "os_compute_api:extensions", list);
    routes.add("GET", "/extensions/{alias}", "os_compute_api:extensions", show);
}

}  // namespace virga::compute::api
