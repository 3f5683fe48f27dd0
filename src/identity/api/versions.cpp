#include "identity/api/api.hpp"

namespace virga::identity::api {
namespace {

json::object version_json(const http::Request& request) {
    return {{"id", "v3.14"},
            {"status", "stable"},
            {"updated", "2020-04-07T00:00:00Z"},
            {"links", json::array{json::object{{"rel", "self"}, {"href", request.base_url + "/identity/v3/"}}}},
            {"media-types", json::array{json::object{{"base", "application/json"},
                                                     {"type", "application/vnd.openstack.identity-v3+json"}}}}};
}

/// The root of the program: where each service's versions are found.
http::Response show_root(http::Request& request) {
    json::object services;
    for (const auto* name : {"identity", "image", "volume", "compute", "network"}) {
        services[name] = request.base_url + "/" + name + "/";
    }
    json::object body;
    body["name"] = "Virga";
    body["services"] = std::move(services);
    return http::Response::with_json(300, body);
}

http::Response list_versions(http::Request& request) {
    json::array values;
    values.push_back(version_json(request));
    json::object versions;
    versions["values"] = std::move(values);
    auto response = item_response(300, "versions", std::move(versions));
    response.headers.set("Location", request.base_url + "/identity/v3/");
    return response;
}

http::Response show_version(http::Request& request) {
    return item_response(200, "version", version_json(request));
}

}  // namespace

void add_versions(http::Router& router) {
    router.add(http::public_route("GET", "/", show_root));
    router.add(http::public_route("GET", "/identity", list_versions));
    router.add(http::public_route("GET", "/identity/v3", show_version));
}

}  // namespace virga::identity::api
