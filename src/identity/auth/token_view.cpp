#include "identity/auth/token_view.hpp"

#include <map>

#include "base/error.hpp"
#include "identity/model/catalog.hpp"
#include "identity/policy/rule.hpp"
#include "identity/repo/catalog_repo.hpp"
#include "identity/repo/domain_repo.hpp"
#include "identity/repo/project_repo.hpp"
#include "identity/repo/role_repo.hpp"
#include "identity/repo/user_repo.hpp"
#include "identity/settings.hpp"

namespace virga::identity {
namespace {

json::object domain_json(db::Transaction& tx, const std::string& id) {
    const auto domain = repo::find_domain(tx, id);
    return {{"id", id}, {"name", domain ? domain->name : std::string()}};
}

json::array strings(const std::vector<std::string>& items) {
    json::array out;
    for (const auto& item : items) out.emplace_back(item);
    return out;
}

/// With the roles that come with those that were given.
json::array roles_json(db::Transaction& tx, const Token& token) {
    std::map<std::string, std::string> ids;
    for (const auto& role : repo::roles_on(tx, token.user_id, token.scope.kind(), token.scope.target_id())) {
        ids[role.name] = role.id;
        for (const auto& name : policy::implied_roles(role.name)) {
            if (const auto implied = repo::find_role_named(tx, name)) ids[name] = implied->id;
        }
    }
    json::array out;
    for (const auto& [name, id] : ids) out.push_back(json::object{{"id", id}, {"name", name}});
    return out;
}

void add_scope(db::Transaction& tx, const Token& token, json::object& out) {
    if (const auto project = repo::find_project(tx, token.scope.project_id)) {
        out["project"] =
            json::object{{"id", project->id}, {"name", project->name}, {"domain", domain_json(tx, project->domain_id)}};
        out["is_domain"] = false;
    }
    if (!token.scope.domain_id.empty()) out["domain"] = domain_json(tx, token.scope.domain_id);
    if (token.scope.system) out["system"] = json::object{{"all", true}};
    if (!token.scope.unscoped()) out["roles"] = roles_json(tx, token);
}

}  // namespace

json::array catalog_for(db::Transaction& tx, const config::Config& config, const std::string& base_url,
                        const std::string& project_id) {
    auto services = built_in_services();
    auto endpoints = built_in_endpoints(base_url, config.get(setting::region));
    for (auto& service : repo::list_services(tx)) services.push_back(std::move(service));
    for (auto& endpoint : repo::list_endpoints(tx)) endpoints.push_back(std::move(endpoint));
    return catalog_json(services, endpoints, project_id);
}

json::object token_json(db::Transaction& tx, const Token& token, json::value catalog) {
    const auto user = repo::find_user(tx, token.user_id);
    if (!user) throw Error(ErrorCode::Unauthenticated, "The user of this token does not exist any more.");
    json::object body{{"methods", strings(token.methods)},
                      {"user", json::object{{"id", user->id},
                                            {"name", user->name},
                                            {"domain", domain_json(tx, user->domain_id)},
                                            {"password_expires_at", password_expiry_json(*user)}}},
                      {"audit_ids", strings(token.audit_ids)},
                      {"issued_at", iso8601_us_z(token.issued_us)},
                      {"expires_at", iso8601_us_z(token.expires_us)}};
    add_scope(tx, token, body);
    if (!catalog.is_null() && !token.scope.unscoped()) body["catalog"] = std::move(catalog);
    json::object out;
    out["token"] = std::move(body);
    return out;
}

}  // namespace virga::identity
