#include "network/api/api.hpp"

namespace virga::network::api {
namespace {

json::array self_links(const std::string& href) {
    json::array links;
    links.push_back(json::object{{"rel", "self"}, {"href", href}});
    return links;
}

http::Response list_versions(http::Request& request) {
    json::array versions;
    versions.push_back(json::object{
        {"id", "v2.0"}, {"status", "CURRENT"}, {"links", self_links(request.base_url + "/network/v2.0/")}});
    json::object body;
    body["versions"] = std::move(versions);
    return http::Response::with_json(200, body);
}

http::Response show_version(http::Request& request) {
    json::array resources;
    const std::pair<const char*, const char*> kResources[] = {{"network", "networks"},
                                                              {"subnet", "subnets"},
                                                              {"port", "ports"},
                                                              {"security_group", "security-groups"},
                                                              {"security_group_rule", "security-group-rules"},
                                                              {"quota", "quotas"},
                                                              {"extension", "extensions"}};
    for (const auto& [name, collection] : kResources) {
        resources.push_back(json::object{{"name", name},
                                         {"collection", collection},
                                         {"links", self_links(request.base_url + "/network/v2.0/" + collection)}});
    }
    json::object body;
    body["resources"] = std::move(resources);
    return http::Response::with_json(200, body);
}

}  // namespace

void add_versions(http::Router& router) {
    router.add(http::public_route("GET", "/network", list_versions));
    router.add(http::public_route("GET", "/network/v2.0", show_version));
}

}  // namespace virga::network::api
