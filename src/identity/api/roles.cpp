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
        if (before == "admin" && changed.name != before) fields.fail("name", "the role admin can't be renamed");
        repo::update_role(tx, changed);
        return changed;
    });
    return item_response(200, "role", view(request, role));
}

http::Response remove(Context& context, http::Request& request, const Caller&) {
    context.database.write_with([&](db::Transaction& tx) {
        const auto role = require(tx, request.param("role_id"));
        if (role.name == "admin") throw Error(ErrorCode::Forbidden, "The role admin can't be deleted.");
        repo::delete_role(tx, role.id);
    });
    return http::Response::empty(204);
}

}  // namespace

void add_roles(http::Router& router, Context& context) {
    const auto admin = [&context](const char* rule, auto function) {
        return for_admin(context, rule, [&context, function](http::Request& request, const Caller& caller) {
            return function(context, request, caller);
        });
    };
    const std::string all = "/identity/v3/roles";
    const std::string one = all + "/{role_id}";
    router.add({"GET", all, admin("identity:list_roles", list)});
    router.add({"POST", all, admin("identity:create_role", create)});
    router.add({"GET", one, admin("identity:get_role", show)});
    router.add({"PATCH", one, admin("identity:update_role", update)});
    router.add({"DELETE", one, admin("identity:delete_role", remove)});
}

}  // namespace virga::identity::api
