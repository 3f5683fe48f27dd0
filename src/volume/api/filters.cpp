#include "volume/api/filters.hpp"

#include <algorithm>

namespace virga::volume::api {
namespace {

constexpr int kPoolFilters = 28;
constexpr int kGeneralFilters = 31;
constexpr int kResourceFilters = 33;
constexpr int kLikeFilters = 34;
constexpr int kCounts = 45;
constexpr int kTypeFilters = 52;

const FilterNames& list_words() {
    static const FilterNames words{"limit",    "marker",      "offset",     "sort",       "sort_key",
                                   "sort_dir", "all_tenants", "project_id", "with_count", "is_public"};
    return words;
}

/// Texts, which are never empty where something is found by them; not maps, booleans and times, which are read.
bool is_compared(std::string_view filter) {
    static const FilterNames kRead{"metadata",       "glance_metadata", "extra_specs", "bootable",  "multiattach",
                                   "consumes_quota", "is_public",       "created_at",  "updated_at"};
    return !kRead.contains(filter);
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

bool check_filters(const Call& call, const std::string& resource, const FilterNames& besides) {
    const bool strict = call.at_least(resource == "pool"          ? kPoolFilters
                                      : resource == "volume_type" ? kTypeFilters
                                                                  : kGeneralFilters);
    const bool may_use_any = call.sees_all() && resource != "pool";
    const auto& allowed = resource_filters().at(resource);
    std::string unknown;
    for (const auto& item : call.request.query) {
        auto name = item.first;
        if (call.at_least(kLikeFilters) && name.ends_with('~')) name.pop_back();
        if (allowed.contains(name) && item.second.empty() && is_compared(name)) return false;
        if (allowed.contains(name) || besides.contains(name) || list_words().contains(name)) continue;
        unknown += (unknown.empty() ? "" : ", ") + item.first.substr(0, 64);
        if (may_use_any) return false;
    }
    if (unknown.empty() || !strict) return true;
    throw Error(ErrorCode::InvalidInput, "Invalid filters " + unknown + " are found in query options.");
}

bool has_only(const Call& call, const FilterNames& known) {
    const auto& items = call.request.query;
    return std::all_of(items.begin(), items.end(), [&](const auto& item) {
        return known.contains(item.first) || list_words().contains(item.first);
    });
}

http::Response empty_list(const Call& call, const std::string& name) {
    json::object body;
    body[name] = json::array();
    if (call.at_least(kCounts) && call.flag("with_count")) body["count"] = 0;
    return http::Response::with_json(200, std::move(body));
}

void register_resource_filters(Routes& routes) {
    routes.add("GET", "/resource_filters", "volume_extension:resource_filters", list, kResourceFilters);
}

}  // namespace virga::volume::api
