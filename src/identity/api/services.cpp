#include <algorithm>

#include "http/schema.hpp"
#include "identity/api/api.hpp"
#include "identity/repo/catalog_repo.hpp"

namespace virga::identity::api {
namespace {

constexpr std::size_t kMaxText = 255;
constexpr std::size_t kMaxDescription = 4096;

json::object view(const http::Request& request, const CatalogService& service) {
    return {{"id", service.id},           {"type", service.type},
            {"name", service.name},       {"description", service.description},
            {"enabled", service.enabled}, {"links", self_link(request, "/services/" + service.id)}};
}

std::vector<CatalogService> all_services(db::Transaction& tx) {
    auto services = built_in_services();
    for (auto& service : repo::list_services(tx)) services.push_back(std::move(service));
    return services;
}

CatalogService require(db::Transaction& tx, const std::string& id) {
    for (auto& service : all_services(tx)) {
        if (service.id == id) return service;
    }
    not_found("service", id);
}

CatalogService require_changeable(db::Transaction& tx, const std::string& id) {
    auto service = require(tx, id);
    if (service.built_in) throw Error(ErrorCode::Forbidden, "The service " + service.name + " is built in.");
    return service;
}

void read_common(http::Fields& fields, CatalogService& service) {
    if (auto type = fields.string("type", 1, kMaxText)) service.type = *type;
    if (auto name = fields.string("name", 1, kMaxText)) service.name = *name;
    if (auto description = fields.string("description", 0, kMaxDescription)) service.description = *description;
    if (auto enabled = fields.boolean("enabled")) service.enabled = *enabled;
}

http::Response list(Context& context, http::Request& request, const Caller&) {
    auto tx = context.database.read();
    json::array items;
    for (const auto& service : all_services(tx)) {
        if (filtered_out(request, "name", service.name) || filtered_out(request, "type", service.type)) continue;
        items.push_back(view(request, service));
    }
    return list_response(request, "services", std::move(items));
}

http::Response show(Context& context, http::Request& request, const Caller&) {
    auto tx = context.database.read();
    return item_response(200, "service", view(request, require(tx, request.param("service_id"))));
}

http::Response create(Context& context, http::Request& request, const Caller&) {
    const auto body = body_object(request, "service");
    http::Fields fields(body, "service");
    CatalogService service;
    service.id = new_uuid();
    service.type = fields.required_string("type", 1, kMaxText);
    read_common(fields, service);
    context.database.write_with([&](db::Transaction& tx) { repo::save_service(tx, service); });
    return item_response(201, "service", view(request, service));
}

http::Response update(Context& context, http::Request& request, const Caller&) {
    const auto body = body_object(request, "service");
    http::Fields fields(body, "service");
    const auto service = context.database.write_with([&](db::Transaction& tx) {
        auto changed = require_changeable(tx, request.param("service_id"));
        read_common(fields, changed);
        repo::save_service(tx, changed);
        return changed;
    });
    return item_response(200, "service", view(request, service));
}

http::Response remove(Context& context, http::Request& request, const Caller&) {
    context.database.write_with(
        [&](db::Transaction& tx) { repo::delete_service(tx, require_changeable(tx, request.param("service_id")).id); });
    return http::Response::empty(204);
}

}  // namespace

void add_services(http::Router& router, Context& context) {
    const std::string all = "/identity/v3/services";
    const std::string one = all + "/{service_id}";
    add_route(router, context, "GET", all, "identity:list_services", list);
    add_route(router, context, "POST", all, "identity:create_service", create);
    add_route(router, context, "GET", one, "identity:get_service", show);
    add_route(router, context, "PATCH", one, "identity:update_service", update);
    add_route(router, context, "DELETE", one, "identity:delete_service", remove);
}

}  // namespace virga::identity::api
