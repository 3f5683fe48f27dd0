#include "http/schema.hpp"
#include "identity/api/api.hpp"
#include "identity/api/filters.hpp"
#include "identity/auth/administrators.hpp"
#include "identity/model/extra.hpp"
#include "identity/model/name_fields.hpp"
#include "identity/repo/domain_repo.hpp"
#include "identity/repo/project_repo.hpp"

namespace virga::identity::api {
namespace {

constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxDescription = 4096;
const policy::Check kGet(policies(), "identity:get_domain");

const Filters& filters() {
    static const Filters all{{"id", "name", "enabled", "description"}, true};
    return all;
}

json::object view(const http::Request& request, const Domain& domain) {
    json::object out{{"id", domain.id},
                     {"name", domain.name},
                     {"description", domain.description},
                     {"enabled", domain.enabled},
                     {"tags", json::array()},
                     {"options", json::object()},
                     {"links", self_link(request, "/domains/" + domain.id)}};
    show_extra(domain.extra, out);
    return out;
}

Domain require(db::Transaction& tx, const std::string& id) {
    auto domain = repo::find_domain(tx, id);
    if (!domain) not_found("domain", id);
    return *domain;
}

void read_common(const json::object& body, http::Fields& fields, Domain& domain) {
    if (auto name = read_name(fields, kMaxName)) domain.name = *name;
    if (fields.has("description")) domain.description = fields.string("description", 0, kMaxDescription).value_or("");
    if (auto enabled = read_enabled(fields)) domain.enabled = *enabled;
    read_extra(body, "domain", {"id", "name", "description", "enabled", "tags", "options", "links"}, domain.extra);
}

http::Response list(Context& context, http::Request& request, const Caller&) {
    auto tx = context.database.read();
    json::array items;
    for (const auto& domain : repo::list_domains(tx)) {
        auto item = view(request, domain);
        if (fits(request, filters(), item)) items.push_back(std::move(item));
    }
    return list_response(request, "domains", std::move(items));
}

/// Everybody may look at the domain of the project or domain that the token is for.
bool is_own_domain(db::Transaction& tx, const Caller& caller, const std::string& id) {
    if (caller.token.scope.domain_id == id) return true;
    const auto project = repo::find_project(tx, caller.token.scope.project_id);
    return project && project->domain_id == id;
}

http::Response show(Context& context, http::Request& request, const Caller& caller) {
    auto tx = context.database.read();
    const auto& id = request.param("domain_id");
    if (!is_own_domain(tx, caller, id)) kGet.require(caller.auth, {.domain = id, .user = ""});
    return item_response(200, "domain", view(request, require(tx, request.param("domain_id"))));
}

http::Response create(Context& context, http::Request& request, const Caller&) {
    const auto body = body_object(request, "domain");
    http::Fields fields(body, "domain");
    Domain domain;
    domain.id = new_uuid();
    domain.name = required_name(fields, kMaxName);
    read_common(body, fields, domain);
    context.database.write_with([&](db::Transaction& tx) { repo::insert_domain(tx, domain); });
    return item_response(201, "domain", view(request, domain));
}

http::Response update(Context& context, http::Request& request, const Caller&) {
    const auto body = body_object(request, "domain");
    http::Fields fields(body, "domain");
    const auto domain = context.database.write_with([&](db::Transaction& tx) {
        auto changed = require(tx, request.param("domain_id"));
        read_common(body, fields, changed);
        if (!changed.enabled && changed.id == kDefaultDomain) {
            throw Error(ErrorCode::Forbidden, "The default domain can't be disabled.");
        }
        const LastAdministrator administrator(tx, context.config, context.authority.rules());
        repo::update_domain(tx, changed);
        if (!changed.enabled) repo::delete_tokens_of_domain(tx, changed.id);
        administrator.require_kept();
        return changed;
    });
    return item_response(200, "domain", view(request, domain));
}

http::Response remove(Context& context, http::Request& request, const Caller&) {
    context.database.write_with([&](db::Transaction& tx) {
        const auto domain = require(tx, request.param("domain_id"));
        if (domain.enabled) {
            throw Error(ErrorCode::Forbidden, "Cannot delete a domain that is enabled: disable it first.");
        }
        repo::delete_domain(tx, domain.id);
    });
    return http::Response::empty(204);
}

}  // namespace

void add_domains(http::Router& router, Context& context) {
    const std::string all = "/identity/v3/domains";
    const std::string one = all + "/{domain_id}";
    add_route(router, context, "GET", all, "identity:list_domains", list);
    add_route(router, context, "POST", all, "identity:create_domain", create);
    add_route(router, context, "GET", one, "identity:get_domain", show);
    add_route(router, context, "PATCH", one, "identity:update_domain", update);
    add_route(router, context, "DELETE", one, "identity:delete_domain", remove);
}

}  // namespace virga::identity::api
