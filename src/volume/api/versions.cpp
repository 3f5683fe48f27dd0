#include "volume/api/api.hpp"

namespace virga::volume::api {
namespace {

json::array media_types() {
    json::array types;
    types.push_back(
        json::object{{"base", "application/json"}, {"type", "application/vnd.openstack.volume+json;version=3"}});
    return types;
}

http::Response version_document(const http::Request& request, int status) {
    json::array links;
    links.push_back(json::object{{"rel", "self"}, {"href", request.base_url + "/volume/v3/"}});
    json::array all;
    all.push_back(json::object{{"id", "v3.0"},
                               {"status", "CURRENT"},
                               {"version", versions().maximum.text()},
                               {"min_version", versions().minimum.text()},
                               {"updated", "2022-07-31T00:00:00Z"},
                               {"links", std::move(links)},
                               {"media-types", media_types()}});
    return http::Response::with_json(status, json::object{{"versions", std::move(all)}});
}

}  // namespace

void register_versions(Routes& routes) {
    const auto add = [&](const char* path, int status) {
        routes.router().add(http::public_route(
            "GET", path, [status](http::Request& request) { return version_document(request, status); }));
    };
    add("/volume", 300);
    add("/volume/v3", 200);
}

}  // namespace virga::volume::api
