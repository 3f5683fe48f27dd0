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
constexpr std::size_t kMaxUrl = 4096;

const Filters& filters() {
    static const Filters all{{"id", "interface", "service_id", "region_id", "region", "url", "enabled"}};
    return all;
}

json::object view(const http::Request& request, const CatalogEndpoint& endpoint) {
    json::object out{{"id", endpoint.id},
                     {"service_id", endpoint.service_id},
                     {"interface", endpoint.interface},
                     {"url", endpoint.url},
                     {"region", string_or_null(endpoint.region)},
                     {"region_id", string_or_null(endpoint.region)},
                     {"enabled", endpoint.enabled},
                     {"links", self_link(request, "/endpoints/" + endpoint.id)}};
    show_extra(endpoint.extra, out);
    return out;
}

std::vector<CatalogEndpoint> all_endpoints(Context& context, db::Transaction& tx, const http::Request& request) {
    auto endpoints = built_in_endpoints(request.base_url, context.config.get(setting::region));
    for (auto& endpoint : repo::list_endpoints(tx)) endpoints.push_back(std::move(endpoint));
    return endpoints;
}

CatalogEndpoint require(Context& context, db::Transaction& tx, const http::Request& request) {
    const auto& id = request.param("endpoint_id");
    for (auto& endpoint : all_endpoints(context, tx, request)) {
        if (endpoint.id == id) return endpoint;
    }
    not_found("endpoint", id);
}

CatalogEndpoint require_changeable(Context& context, db::Transaction& tx, const http::Request& request) {
    auto endpoint = require(context, tx, request);
    if (endpoint.built_in) throw Error(ErrorCode::Forbidden, "The endpoint " + endpoint.url + " is built in.");
    return endpoint;
}

void require_service(db::Transaction& tx, const std::string& id) {
    const auto knows = [&](const auto& services) {
        return std::any_of(services.begin(), services.end(), [&](const auto& service) { return service.id == id; });
    };
    if (knows(built_in_services()) || knows(repo::list_services(tx))) return;
    throw Error(ErrorCode::InvalidInput, "endpoint.service_id: there is no service " + id);
}

void read_common(const json::object& body, http::Fields& fields, CatalogEndpoint& endpoint) {
    if (auto service = fields.string("service_id", 1, kMaxText)) endpoint.service_id = *service;
    if (auto interface = fields.one_of("interface", {"public", "internal", "admin"})) endpoint.interface = *interface;
    if (auto url = fields.string("url", 1, kMaxUrl)) endpoint.url = *url;
    for (const auto* name : {"region", "region_id"}) {
        if (fields.has(name)) endpoint.region = fields.string(name, 1, kMaxText).value_or("");
    }
    if (const auto* enabled = fields.any("enabled")) {
        if (!enabled->is_bool()) fields.fail("enabled", "must be true or false");
        endpoint.enabled = enabled->get_bool();
    }
    if (endpoint.service_id.empty()) fields.fail("service_id", "is required");
    if (endpoint.interface.empty()) fields.fail("interface", "is required");
    if (endpoint.url.empty()) fields.fail("url", "is required");
    read_extra(body, "endpoint", {"id", "service_id", "interface", "url", "region", "region_id", "enabled", "links"},
               endpoint.extra);
}

/// An endpoint that names a new region creates it, as clients of older versions expect.
void save(db::Transaction& tx, const CatalogEndpoint& endpoint, const std::string& own_region) {
    require_service(tx, endpoint.service_id);
    repo::save_endpoint(tx, endpoint);
    if (endpoint.region.empty() || endpoint.region == own_region) return;
    const auto regions = repo::list_regions(tx);
    const bool known = std::any_of(regions.begin(), regions.end(),
                                   [&](const repo::Region& region) { return region.id == endpoint.region; });
    if (!known) repo::save_region(tx, {endpoint.region, {}, {}});
}

http::Response list(Context& context, http::Request& request, const Caller&) {
    auto tx = context.database.read();
    json::array items;
    for (const auto& endpoint : all_endpoints(context, tx, request)) {
        auto item = view(request, endpoint);
        if (fits(request, filters(), item)) items.push_back(std::move(item));
    }
    return list_response(request, "endpoints", std::move(items));
}

http::Response show(Context& context, http::Request& request, const Caller&) {
    auto tx = context.database.read();
    return item_response(200, "endpoint", view(request, require(context, tx, request)));
}

http::Response create(Context& context, http::Request& request, const Caller&) {
    const auto body = body_object(request, "endpoint");
    http::Fields fields(body, "endpoint");
    CatalogEndpoint endpoint;
    endpoint.id = new_uuid();
    read_common(body, fields, endpoint);
    context.database.write_with([&](db::Transaction& tx) { save(tx, endpoint, context.config.get(setting::region)); });
    return item_response(201, "endpoint", view(request, endpoint));
}

http::Response update(Context& context, http::Request& request, const Caller&) {
    const auto body = body_object(request, "endpoint");
    http::Fields fields(body, "endpoint");
    const auto endpoint = context.database.write_with([&](db::Transaction& tx) {
        auto changed = require_changeable(context, tx, request);
        read_common(body, fields, changed);
        save(tx, changed, context.config.get(setting::region));
        return changed;
    });
    return item_response(200, "endpoint", view(request, endpoint));
}

http::Response remove(Context& context, http::Request& request, const Caller&) {
    context.database.write_with(
        [&](db::Transaction& tx) { repo::delete_endpoint(tx, require_changeable(context, tx, request).id); });
    return http::Response::empty(204);
}

}  // namespace

void add_endpoints(http::Router& router, Context& context) {
    const std::string all = "/identity/v3/endpoints";
    const std::string one = all + "/{endpoint_id}";
    add_route(router, context, "GET", all, "identity:list_endpoints", list);
    add_route(router, context, "POST", all, "identity:create_endpoint", create);
    add_route(router, context, "GET", one, "identity:get_endpoint", show);
    add_route(router, context, "PATCH", one, "identity:update_endpoint", update);
    add_route(router, context, "DELETE", one, "identity:delete_endpoint", remove);
}

}  // namespace virga::identity::api
