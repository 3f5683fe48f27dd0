#include "http/schema.hpp"
#include "identity/api/api.hpp"
#include "identity/api/filters.hpp"
#include "identity/model/extra.hpp"
#include "identity/model/name_fields.hpp"
#include "identity/repo/role_repo.hpp"

namespace virga::identity::api {
namespace {

constexpr std::size_t kMaxName = 255;
constexpr std::size_t kMaxDescription = 4096;

const Filters& filters() {
    static const Filters all{{"id", "name", "domain_id", "description"}};
    return all;
}

json::object view(const http::Request& request, const Role& role) {
    json::object out{{"id", role.id},
                     {"name", role.name},
                     {"domain_id", nullptr},
                     {"description", string_or_null(role.description)},
                     {"options", json::object()},
                     {"links", self_link(request, "/roles/" + role.id)}};
    show_extra(role.extra, out);
    return out;
}

Role require(db::Transaction& tx, const std::string& id) {
    auto role = repo::find_role(tx, id);
    if (!role) not_found("role", id);
    return *role;
}

void read_common(const json::object& body, http::Fields& fields, Role& role) {
    if (auto name = read_name(fields, kMaxName)) role.name = *name;
    if (fields.has("description")) role.description = fields.string("description", 0, kMaxDescription).value_or("");
    if (fields.string("domain_id", 1, kMaxName)) fields.fail("domain_id", "roles of one domain are not offered");
    read_extra(body, "role", {"id", "name", "domain_id", "description", "options", "links"}, role.extra);
}

http::Response list(Context& context, http::Request& request, const Caller&) {
    auto tx = context.database.read();
    json::array items;
    for (const auto& role : repo::list_roles(tx)) {
        auto item = view(request, role);
        if (fits(request, filters(), item)) items.push_back(std::move(item));
    }
    return list_response(request, "roles", std::move(items));
}

http::Response show(Context& context, http::Request& request, const Caller&) {
    auto tx = context.database.read();
    return item_response(200, "role", view(request, require(tx, request.param("role_id"))));
}

http::Response create(Context& context, http::Request& request, const Caller&) {
    const auto body = body_object(request, "role");
    http::Fields fields(body, "role");
    Role role;
    role.id = new_uuid();
    role.name = required_name(fields, kMaxName);
    read_common(body, fields, role);
    context.database.write_with([&](db::Transaction& tx) { repo::insert_role(tx, role); });
    return item_response(201, "role", view(request, role));
}

http::Response update(Context& context, http::Request& request, const Caller&) {
    const auto body = body_object(request, "role");
    http::Fields fields(body, "role");
    const auto role = context.database.write_with([&](db::Transaction& tx) {
        auto changed = require(tx, request.param("role_id"));
        const auto before = changed.name;
        read_common(body, fields, changed);
        if (policy::is_default_role(before) && changed.name != before) {
            fields.fail("name", "the role " + before + " can't be renamed: the policies name it");
        }
        repo::update_role(tx, changed);
        return changed;
    });
    return item_response(200, "role", view(request, role));
}

http::Response remove(Context& context, http::Request& request, const Caller&) {
    context.database.write_with([&](db::Transaction& tx) {
        const auto role = require(tx, request.param("role_id"));
        if (policy::is_default_role(role.name)) {
            throw Error(ErrorCode::Forbidden, "The role " + role.name + " can't be deleted: the policies name it.");
        }
        repo::delete_role(tx, role.id);
    });
    return http::Response::empty(204);
}

json::object brief(const http::Request& request, const Role& role) {
    return {{"id", role.id}, {"name", role.name}, {"links", self_link(request, "/roles/" + role.id)}};
}

/// The role that comes directly with this one; what comes with that is told there.
json::object inference(db::Transaction& tx, const http::Request& request, const Role& prior) {
    json::array implies;
    const auto names = policy::implied_roles(prior.name);
    if (const auto next = names.empty() ? std::nullopt : repo::find_role_named(tx, names.front())) {
        implies.push_back(brief(request, *next));
    }
    json::object out;
    out["prior_role"] = brief(request, prior);
    out["implies"] = std::move(implies);
    return out;
}

http::Response list_inferences(Context& context, http::Request& request, const Caller&) {
    auto tx = context.database.read();
    json::array items;
    for (const auto& role : repo::list_roles(tx)) {
        if (!policy::implied_roles(role.name).empty()) items.push_back(inference(tx, request, role));
    }
    return list_response(request, "role_inferences", std::move(items));
}

http::Response show_inference(Context& context, http::Request& request, const Caller&) {
    auto tx = context.database.read();
    return item_response(200, "role_inference", inference(tx, request, require(tx, request.param("role_id"))));
}

}  // namespace

void add_roles(http::Router& router, Context& context) {
    const std::string all = "/identity/v3/roles";
    const std::string one = all + "/{role_id}";
    add_route(router, context, "GET", all, "identity:list_roles", list);
    add_route(router, context, "POST", all, "identity:create_role", create);
    add_route(router, context, "GET", one, "identity:get_role", show);
    add_route(router, context, "PATCH", one, "identity:update_role", update);
    add_route(router, context, "DELETE", one, "identity:delete_role", remove);
    add_route(router, context, "GET", one + "/implies", "identity:list_implied_roles", show_inference);
    add_route(router, context, "GET", "/identity/v3/role_inferences", "identity:list_role_inference_rules",
              list_inferences);
}

}  // namespace virga::identity::api
