#include "volume/api/api.hpp"

/// Storage hosts don't form clusters: the list is empty, and there is none to show or change.
namespace virga::volume::api {
namespace {

constexpr int kClusters = 7;

http::Response list(const Call&) {
    return http::Response::with_json(200, json::object{{"clusters", json::array()}});
}

[[noreturn]] void no_such_cluster(const std::string& name) {
    throw Error(ErrorCode::NotFound, "Cluster " + name + " could not be found.", {}, name);
}

http::Response show(const Call& call) {
    no_such_cluster(call.request.param("cluster"));
}

http::Response update(const Call& call) {
    const auto& action = call.request.param("cluster");
    if (action != "enable" && action != "disable") no_such_cluster(action);
    const auto body = call.request.json_body();
    no_such_cluster(http::Fields(body, "").required_string("name", 1, 255));
}

}  // namespace

void register_clusters(Routes& routes) {
    routes.add("GET", "/clusters", "clusters:get_all", list, kClusters);
    routes.add("GET", "/clusters/detail", "clusters:get_all", list, kClusters);
    routes.add("GET", "/clusters/{cluster}", "clusters:get", show, kClusters);
    routes.add("PUT", "/clusters/{cluster}", "clusters:update", update, kClusters);
}

}  // namespace virga::volume::api
