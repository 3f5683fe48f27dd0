#include "volume/api/manageable.hpp"

#include <algorithm>

namespace virga::volume::api {
namespace {

json::object view_of(const flows::ManageableItem& item, bool snapshot, bool detailed) {
    json::object view{{"reference", json::object{{"source-name", item.name}}},
                      {"size", item.size_gib},
                      {"safe_to_manage", item.reason.empty()}};
    if (snapshot) view["source_reference"] = json::object{{"source-id", item.volume}};
    if (!detailed) return view;
    view["reason_not_safe"] = string_or_null(item.reason);
    view["cinder_id"] = nullptr;
    view["extra_info"] = nullptr;
    return view;
}

/// sort=size|reference[:asc|:desc]; by reference unless told.
void sort_items(const Call& call, std::vector<flows::ManageableItem>& items) {
    static const std::map<std::string, std::string, std::less<>> keys{{"size", "size"}, {"reference", "reference"}};
    auto order = sort_of(call, keys);
    if (order.empty()) order.emplace_back("reference", true);
    const auto [key, ascending] = order.front();
    std::stable_sort(items.begin(), items.end(),
                     [&, by_size = key == "size", up = ascending](const auto& a, const auto& b) {
                         const auto& first = up ? a : b;
                         const auto& second = up ? b : a;
                         return by_size ? first.size_gib < second.size_gib : first.name < second.name;
                     });
}

}  // namespace

SourceRef source_ref(http::Fields& fields) {
    const auto* object = fields.object("ref");
    if (object == nullptr) fields.fail("ref", "is required");
    http::Fields ref(*object, fields.path() + ".ref");
    SourceRef out{ref.required_string("source-name", 1, 255), ref.one_of("format", {"raw", "qcow2"}).value_or("")};
    ref.finish();
    return out;
}

flows::ManageableItem required_item(const std::vector<flows::ManageableItem>& items, const std::string& name) {
    const auto found = std::find_if(items.begin(), items.end(), [&](const auto& item) { return item.name == name; });
    const auto shown = name.substr(0, 64);
    if (found == items.end()) {
        throw Error(ErrorCode::InvalidInput, "ref.source-name: the backend has no unmanaged '" + shown + "'.");
    }
    if (found->reason.empty()) return *found;
    throw Error(ErrorCode::InvalidInput, "ref.source-name: '" + shown + "' can't be managed: " + found->reason + ".");
}

http::Response list_manageable(const Call& call, const std::string& key, bool snapshots, bool detailed) {
    const auto host = call.request.query_value("host").value_or("");
    if (host.empty()) throw Error(ErrorCode::InvalidInput, "host: name the backend as host@backend#pool.");
    auto items = flows::manageable(call.context.d, flows::backend_of(call.context.d, host), call.auth.request_id);
    std::erase_if(items, [&](const flows::ManageableItem& item) { return item.volume.empty() == snapshots; });
    sort_items(call, items);
    const auto slice = slice_of(call);
    json::array out;
    for (std::size_t i = slice.offset; i < items.size() && out.size() < slice.limit; ++i) {
        out.push_back(view_of(items[i], snapshots, detailed));
    }
    return http::Response::with_json(200, json::object{{key, std::move(out)}});
}

}  // namespace virga::volume::api
