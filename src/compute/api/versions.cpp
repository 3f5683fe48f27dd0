#include "compute/api/api.hpp"

namespace virga::compute::api {
namespace {

json::object version_json(const http::Request& request) {
    json::array links;
    links.push_back(json::object{{"rel", "self"}, {"href", request.base_url + "/compute/v2.1/"}});
    return {{"id", "v2.1"},
            {"status", "CURRENT"},
            {"version", microversions().maximum.text()},
            {"min_version", microversions().minimum.text()},
            {"updated", "2013-07-23T11:33:21Z"},
            {"links", std::move(links)}};
}

http::Response list_versions(http::Request& request) {
    json::array versions;
    versions.push_back(version_json(request));
    return json_response(200, "versions", std::move(versions));
}

http::Response show_version(http::Request& request) {
    auto version = version_json(request);
    json::array types;
    types.push_back(
        json::object{{"base", "application/json"}, {"type", "application/vnd.openstack.compute+json;version=2.1"}});
    version["media-types"] = std::move(types);
    return json_response(200, "version", std::move(version));
}

}  // namespace

void add_versions(http::Router& router) {
    router.add(http::public_route("GET", "/compute", list_versions));
    router.add(http::public_route("GET", "/compute/v2.1", show_version));
}

}  // namespace virga::compute::api
