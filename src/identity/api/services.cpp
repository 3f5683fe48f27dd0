#include <algorithm>

#include "http/schema.hpp"
#include "identity/api/api.hpp"
#include "identity/api/filters.hpp"
#include "identity/model/extra.hpp"
#include "identity/model/name_fields.hpp"
#include "identity/repo/catalog_repo.hpp"

namespace virga::identity::api {
namespace {

constexpr std::size_t kMaxText = 255;
constexpr std::size_t kMaxDescription = 4096;

const Filters& filters() {
    static const Filters all{{"id", "name", "type", "enabled", "description"}};
    return all;
}

json::object view(const http::Request& request, const CatalogService& service) {
    json::object out{{"id", service.id},           {"type", service.type},
                     {"name", service.name},       {"description", service.description},
                     {"enabled", service.enabled}, {"links", self_link(request, "/services/" + service.id)}};
    show_extra(service.extra, out);
    return out;
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

void read_common(const json::object& body, http::Fields& fields, CatalogService& service) {
    if (auto type = fields.string("type", 1, kMaxText)) service.type = *type;
    if (auto name = read_name(fields, kMaxText)) service.name = *name;
    if (fields.has("description")) {
        service.description = fields.string("description", 0, kMaxDescription).value_or("");
    }
    if (auto enabled = read_enabled(fields)) service.enabled = *enabled;
    read_extra(body, "service", {"id", "type", "name", "description", "enabled", "links"}, service.extra);
}

http::Response list(Context& context, http::Request& request, const Caller&) {
    auto tx = context.database.read();
    json::array items;
    for (const auto& service : all_services(tx)) {
        auto item = view(request, service);
        if (fits(request, filters(), item)) items.push_back(std::move(item));
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
    read_common(body, fields, service);
    context.database.write_with([&](db::Transaction& tx) { repo::save_service(tx, service); });
    return item_response(201, "service", view(request, service));
}

http::Response update(Context& context, http::Request& request, const Caller&) {
    const auto body = body_object(request, "service");
    http::Fields fields(body, "service");
    const auto service = context.database.write_with([&](db::Transaction& tx) {
        auto changed = require_changeable(tx, request.param("service_id"));
        read_common(body, fields, changed);
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
