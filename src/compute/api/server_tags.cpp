#include <algorithm>

#include "base/error.hpp"
#include "compute/api/api.hpp"
#include "compute/api/input_rules.hpp"
#include "compute/model/server_changes.hpp"
#include "http/target.hpp"

namespace virga::compute::api {
namespace {

constexpr int kSince = 26;

template <class F>
std::vector<std::string> edit(Call& call, F&& change) {
    return call.d.db.write_with([&](db::Transaction& tx) {
        auto server = visible_server(tx, call.auth, call.server_id());
        require_allowed(server_change::kUpdateTags, server);
        change(server.tags);
        repo::update_details(tx, server);
        return server.tags;
    });
}

json::array view(const std::vector<std::string>& tags) {
    json::array list;
    for (const auto& tag : tags) list.emplace_back(tag);
    return list;
}

std::vector<std::string> stored(Call& call) {
    auto tx = call.d.db.read();
    return visible_server(tx, call.auth, call.server_id()).tags;
}

bool has(const std::vector<std::string>& tags, const std::string& tag) {
    return std::find(tags.begin(), tags.end(), tag) != tags.end();
}

[[noreturn]] void no_tag(const Call& call) {
    throw Error(ErrorCode::NotFound, "Server " + call.server_id().value + " has no tag '" + call.param("tag") + "'");
}

http::Response list(Call& call) {
    return json_response(200, "tags", view(stored(call)));
}

http::Response show(Call& call) {
    if (!has(stored(call), call.param("tag"))) no_tag(call);
    return http::Response::empty(204);
}

http::Response replace(Call& call) {
    const auto body = call.request.json_body();
    http::Fields fields(body, "");
    const auto* given = fields.array("tags", 50);
    if (given == nullptr) fields.fail("tags", "is required");
    const auto wanted = read_tags(*given, "tags");
    fields.finish();
    return json_response(200, "tags", view(edit(call, [&](auto& tags) { tags = wanted; })));
}

http::Response add(Call& call) {
    const auto& tag = call.param("tag");
    check_tag(tag, "tag");
    bool added = false;
    edit(call, [&](std::vector<std::string>& tags) {
        constexpr std::size_t kMostTags = 50;
        added = !has(tags, tag);
        if (!added) return;
        if (tags.size() >= kMostTags) throw Error(ErrorCode::InvalidInput, "tag: a server has at most 50 tags");
        tags.push_back(tag);
    });
    auto response = http::Response::empty(added ? 201 : 204);
    if (added) {
        response.headers.set("Location", call.request.base_url + "/compute/v2.1/servers/" + call.server_id().value +
                                             "/tags/" + http::percent_encode(tag));
    }
    return response;
}

http::Response remove(Call& call) {
    edit(call, [&](std::vector<std::string>& tags) {
        if (std::erase(tags, call.param("tag")) == 0) no_tag(call);
    });
    return http::Response::empty(204);
}

http::Response remove_all(Call& call) {
    edit(call, [](auto& tags) { tags.clear(); });
    return http::Response::empty(204);
}

}  // namespace

void add_server_tags(Routes& routes) {
    routes.add("GET", "/servers/{server_id}/tags", "os_compute_api:os-server-tags:index", list, kSince);
    routes.add("PUT", "/servers/{server_id}/tags", "os_compute_api:os-server-tags:update_all", replace, kSince);
    routes.add("DELETE", "/servers/{server_id}/tags", "os_compute_api:os-server-tags:delete_all", remove_all, kSince);
    routes.add("GET", "/servers/{server_id}/tags/{tag}", "os_compute_api:os-server-tags:show", show, kSince);
    routes.add("PUT", "/servers/{server_id}/tags/{tag}", "os_compute_api:os-server-tags:update", add, kSince);
    routes.add("DELETE", "/servers/{server_id}/tags/{tag}", "os_compute_api:os-server-tags:delete", remove, kSince);
}

}  // namespace virga::compute::api
