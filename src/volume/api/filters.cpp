#include "volume/api/filters.hpp"

namespace virga::volume::api {
namespace {

constexpr int kGeneralFilters = 31;
constexpr int kResourceFilters = 33;
constexpr int kLikeFilters = 34;

const FilterNames& list_words() {
    static const FilterNames words{"limit",    "marker",      "offset",     "sort",       "sort_key",
                                   "sort_dir", "all_tenants", "project_id", "with_count", "is_public"};
    return words;
}

http::Response list(const Call& call) {
    const auto wanted = call.request.query_value("resource").value_or("");
    json::array items;
    for (const auto& [resource, filters] : resource_filters()) {
        if (!wanted.empty() && resource != wanted) continue;
        json::array names;
        for (const auto& name : filters) names.push_back(json::value(name));
        items.push_back(json::object{{"resource", resource}, {"filters", std::move(names)}});
    }
    return http::Response::with_json(200, json::object{{"resource_filters", std::move(items)}});
}

}  // namespace

void check_filters(const Call& call, const std::string& resource, const FilterNames& besides) {
    if (!call.at_least(resource == "pool" ? 28 : kGeneralFilters)) return;
    if (call.sees_all() && resource != "pool") return;
    const auto& allowed = resource_filters().at(resource);
    std::string unknown;
    for (const auto& item : call.request.query) {
        auto name = item.first;
        if (call.at_least(kLikeFilters) && name.ends_with('~')) name.pop_back();
        if (allowed.contains(name) || besides.contains(name) || list_words().contains(name)) continue;
        unknown += (unknown.empty() ? "" : ", ") + item.first.substr(0, 64);
    }
    if (unknown.empty()) return;
    throw Error(ErrorCode::InvalidInput, "Invalid filters " + unknown + " are found in query options.");
}

void register_resource_filters(Routes& routes) {
    routes.add("GET", "/resource_filters", "volume_extension:resource_filters", list, kResourceFilters);
}

}  // namespace virga::volume::api
