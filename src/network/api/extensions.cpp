#include "network/api/api.hpp"
#include "network/model/fault.hpp"

namespace virga::network::api {
namespace {

struct Extension {
    const char* alias;
    const char* name;
    const char* description;
};

// Only what the program does.
constexpr Extension kExtensions[] = {
    {"allowed-address-pairs", "Allowed Address Pairs", "Further addresses that a port may use"},
    {"binding", "Port Binding", "Where a port is plugged"},
    {"external-net", "Neutron external network", "Tells external networks from others; there are none"},
    {"filter-validation", "Filter parameters validation", "Unknown filters of lists are refused"},
    {"ip-substring-filtering", "IP address substring filtering", "Ports by a part of an address"},
    {"net-mtu", "Network MTU", "Networks have an MTU"},
    {"net-mtu-writable", "Network MTU (writable)", "The MTU of a network can be changed"},
    {"pagination", "Pagination support", "Lists in pages"},
    {"project-id", "project_id field enabled", "project_id besides tenant_id"},
    {"provider", "Provider Network", "How a network is realised"},
    {"quotas", "Quota management support", "Bounds per project"},
    {"quota_details", "Quota details management support", "Bounds and what is used"},
    {"security-group", "security-group", "Groups of rules for ports"},
    {"sorting", "Sorting support", "Lists in a chosen order"},
    {"standard-attr-description", "standard-attr-description", "Descriptions of resources"},
    {"standard-attr-revisions", "Resource revision numbers", "A number that grows with each change"},
    {"standard-attr-timestamp", "Resource timestamps", "Times of creation and change"},
    {"stateful-security-group", "Stateful security group", "Security groups say whether they are stateful"},
};

json::object view(const Extension& extension) {
    return {{"alias", extension.alias},
            {"name", extension.name},
            {"description", extension.description},
            {"updated", "2022-10-05T00:00:00-00:00"},
            {"links", json::array()}};
}

http::Response list_all(Context&, http::Request&, const identity::Auth&) {
    json::array items;
    for (const auto& extension : kExtensions) items.push_back(view(extension));
    json::object body;
    body["extensions"] = std::move(items);
    return http::Response::with_json(200, body);
}

http::Response show(Context&, http::Request& request, const identity::Auth&) {
    const auto& alias = request.param("alias");
    for (const auto& extension : kExtensions) {
        if (alias != extension.alias) continue;
        json::object body;
        body["extension"] = view(extension);
        return http::Response::with_json(200, body);
    }
    throw Fault(ErrorCode::NotFound, 404, "HTTPNotFound", "Extension with alias " + alias + " does not exist");
}

}  // namespace

void add_extensions(http::Router& router, Context& context) {
    add_route(router, context, "GET", "/extensions", "get_extensions", list_all);
    add_route(router, context, "GET", "/extensions/{alias}", "get_extensions", show);
}

}  // namespace virga::network::api
