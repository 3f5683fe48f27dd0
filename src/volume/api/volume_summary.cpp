#include "volume/api/api.hpp"
#include "volume/repo/summary_repo.hpp"

namespace virga::volume::api {
namespace {

constexpr int kSummary = 12;
constexpr int kMetadata = 36;

json::object metadata_view(const repo::MetadataValues& values) {
    json::object view;
    for (const auto& [key, set] : values) {
        json::array list;
        for (const auto& value : set) list.push_back(json::value(value));
        view[key] = std::move(list);
    }
    return view;
}

http::Response show(const Call& call) {
    const auto project = project_filter(call);
    auto tx = call.db().read();
    const auto summary = repo::volume_summary(tx, project);
    json::object view{{"total_size", summary.gib}, {"total_count", summary.volumes}};
    if (call.at_least(kMetadata)) view["metadata"] = metadata_view(repo::metadata_values(tx, project));
    return http::Response::with_json(200, json::object{{"volume-summary", std::move(view)}});
}

}  // namespace

void register_volume_summary(Routes& routes) {
    routes.add("GET", "/volumes/summary", "volume:get_all", show, kSummary);
}

}  // namespace virga::volume::api
