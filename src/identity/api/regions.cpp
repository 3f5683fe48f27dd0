#include <algorithm>

#include "http/schema.hpp"
#include "identity/api/api.hpp"
#include "identity/api/filters.hpp"
#include "identity/model/extra.hpp"
#include "identity/repo/catalog_repo.hpp"
#include "identity/settings.hpp"

namespace virga::identity::api {
namespace {

constexpr std::size_t kMaxText = 255;
constexpr std::size_t kMaxDescription = 4096;

const Filters& filters() {
    static const Filters all{{"id", "parent_region_id", "description"}};
    return all;
}

json::object view(const http::Request& request, const repo::Region& region) {
    json::object out{{"id", region.id},
                     {"description", region.description},
                     {"parent_region_id", string_or_null(region.parent_region_id)},
                     {"links", self_link(request, "/regions/" + region.id)}};
    show_extra(region.extra, out);
    return out;
}

std::vector<repo::Region> all_regions(Context& context, db::Transaction& tx) {
    std::vector<repo::Region> regions{{context.config.get(setting::region), {}, {}}};
    for (auto& region : repo::list_regions(tx)) regions.push_back(std::move(region));
    return regions;
}

std::optional<repo::Region> find(Context& context, db::Transaction& tx, const std::string& id) {
    for (auto& region : all_regions(context, tx)) {
        if (region.id == id) return region;
    }
    return std::nullopt;
}

repo::Region require_changeable(Context& context, db::Transaction& tx, const std::string& id) {
    auto region = find(context, tx, id);
    if (!region) not_found("region", id);
    if (id == context.config.get(setting::region)) {
        throw Error(ErrorCode::Forbidden, "The region " + id + " is built in: it is the setting identity.region.");
    }
    return *region;
}

void read_common(const json::object& body, http::Fields& fields, repo::Region& region) {
    if (fields.has("description")) region.description = fields.string("description", 0, kMaxDescription).value_or("");
    if (fields.has("parent_region_id")) {
        region.parent_region_id = fields.string("parent_region_id", 1, kMaxText).value_or("");
    }
    read_extra(body, "region", {"id", "description", "parent_region_id", "links"}, region.extra);
}

void require_parent(Context& context, db::Transaction& tx, const repo::Region& region) {
    if (region.parent_region_id.empty()) return;
    if (!find(context, tx, region.parent_region_id)) not_found("region", region.parent_region_id);
}

http::Response list(Context& context, http::Request& request, const Caller&) {
    auto tx = context.database.read();
    json::array items;
    for (const auto& region : all_regions(context, tx)) {
        auto item = view(request, region);
        if (fits(request, filters(), item)) items.push_back(std::move(item));
    }
    return list_response(request, "regions", std::move(items));
}

http::Response show(Context& context, http::Request& request, const Caller&) {
    auto tx = context.database.read();
    const auto region = find(context, tx, request.param("region_id"));
    if (!region) not_found("region", request.param("region_id"));
    return item_response(200, "region", view(request, *region));
}

/// The id is the client's choice: in the path (PUT) or in the body.
std::string new_region_id(const http::Request& request, http::Fields& fields) {
    const auto in_body = fields.string("id", 1, kMaxText);
    if (request.method != "PUT") return in_body.value_or(new_uuid());
    const auto& in_path = request.param("region_id");
    if (in_path.size() > kMaxText) fields.fail("id", "must have 1 to 255 characters");
    if (in_body && *in_body != in_path) fields.fail("id", "is another one than the URL's");
    return in_path;
}

http::Response create(Context& context, http::Request& request, const Caller&) {
    const auto body = body_object(request, "region");
    http::Fields fields(body, "region");
    repo::Region region;
    region.id = new_region_id(request, fields);
    read_common(body, fields, region);
    context.database.write_with([&](db::Transaction& tx) {
        if (find(context, tx, region.id)) {
            throw Error(ErrorCode::Conflict, "A region with the id " + region.id + " exists already.");
        }
        require_parent(context, tx, region);
        repo::save_region(tx, region);
    });
    return item_response(201, "region", view(request, region));
}

http::Response update(Context& context, http::Request& request, const Caller&) {
    const auto body = body_object(request, "region");
    http::Fields fields(body, "region");
    const auto region = context.database.write_with([&](db::Transaction& tx) {
        auto changed = require_changeable(context, tx, request.param("region_id"));
        read_common(body, fields, changed);
        require_parent(context, tx, changed);
        repo::save_region(tx, changed);
        return changed;
    });
    return item_response(200, "region", view(request, region));
}

http::Response remove(Context& context, http::Request& request, const Caller&) {
    context.database.write_with([&](db::Transaction& tx) {
        const auto region = require_changeable(context, tx, request.param("region_id"));
        const auto endpoints = repo::list_endpoints(tx);
        const bool used = std::any_of(endpoints.begin(), endpoints.end(),
                                      [&](const CatalogEndpoint& endpoint) { return endpoint.region == region.id; });
        if (used) throw Error(ErrorCode::Conflict, "The region " + region.id + " has endpoints: delete them first.");
        repo::delete_region(tx, region.id);
    });
    return http::Response::empty(204);
}

}  // namespace

void add_regions(http::Router& router, Context& context) {
    const std::string all = "/identity/v3/regions";
    const std::string one = all + "/{region_id}";
    add_route(router, context, "GET", all, "identity:list_regions", list);
    add_route(router, context, "POST", all, "identity:create_region", create);
    add_route(router, context, "GET", one, "identity:get_region", show);
    add_route(router, context, "PUT", one, "identity:create_region", create);
    add_route(router, context, "PATCH", one, "identity:update_region", update);
    add_route(router, context, "DELETE", one, "identity:delete_region", remove);
}

}  // namespace virga::identity::api
