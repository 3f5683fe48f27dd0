#include <array>

#include "image/api/api.hpp"

namespace virga::image::api {
namespace {

constexpr std::array<const char*, 10> kVersions{"v2.15", "v2.9", "v2.7", "v2.6", "v2.5",
                                                "v2.4",  "v2.3", "v2.2", "v2.1", "v2.0"};

http::Response list_versions(http::Request& request) {
    json::array versions;
    for (const auto* id : kVersions) {
        json::array links;
        links.push_back(json::object{{"rel", "self"}, {"href", request.base_url + "/image/v2/"}});
        json::object version{{"id", id}, {"status", id == kVersions.front() ? "CURRENT" : "SUPPORTED"}};
        version["links"] = std::move(links);
        versions.push_back(std::move(version));
    }
    json::object body;
    body["versions"] = std::move(versions);
    return http::Response::with_json(300, body);
}

}  // namespace

void add_versions(http::Router& router) {
    router.add(http::public_route("GET", "/image", list_versions));
    router.add(http::public_route("GET", "/image/versions", list_versions));
    router.add(http::public_route("GET", "/image/v2", list_versions));
}

}  // namespace virga::image::api
