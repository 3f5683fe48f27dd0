#include "identity/auth/token_view.hpp"

#include "identity/model/catalog.hpp"
#include "identity/policy/rule.hpp"
#include "identity/repo/catalog_repo.hpp"
#include "identity/repo/role_repo.hpp"
#include "identity/settings.hpp"

namespace virga::identity {
namespace {

/// Stands for a project's id in texts that are kept for all projects.
const std::string kAnyProject = "<project>";

json::object named(const std::string& id, const std::string& name) {
    return {{"id", id}, {"name", name}};
}

json::array strings(const std::vector<std::string>& items) {
    json::array out;
    for (const auto& item : items) out.emplace_back(item);
    return out;
}

void add_scope(const repo::Session& session, json::object& out) {
    const auto& scope = session.token.scope;
    if (!scope.project_id.empty()) {
        auto project = named(scope.project_id, session.project_name);
        project["domain"] = named(session.project_domain_id, session.project_domain_name);
        out["project"] = std::move(project);
        out["is_domain"] = false;
    }
    if (!scope.domain_id.empty()) out["domain"] = named(scope.domain_id, session.domain_name);
    if (scope.system) out["system"] = json::object{{"all", true}};
}

json::object token_json(const repo::Session& session) {
    const auto& token = session.token;
    auto user = named(token.user_id, session.user_name);
    user["domain"] = named(session.user_domain_id, session.user_domain_name);
    user["password_expires_at"] = password_expiry_json(session.password_expires_us);
    json::object body{{"methods", strings(token.methods)},
                      {"user", std::move(user)},
                      {"audit_ids", strings(token.audit_ids)},
                      {"issued_at", iso8601_us_z(token.issued_us)},
                      {"expires_at", iso8601_us_z(token.expires_us)}};
    add_scope(session, body);
    return body;
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

/// With the roles that come with those that were given.
json::array TokenView::roles(db::Transaction& tx, const repo::Session& session) {
    std::map<std::string, std::string> ids;
    for (std::size_t i = 0; i < session.roles.size(); ++i) ids[session.roles[i]] = session.role_ids[i];
    for (const auto& role : session.roles) {
        for (const auto& name : policy::implied_roles(role)) {
            const auto known = implied_ids(tx, session.revision);
            if (const auto found = known->find(name); found != known->end()) ids[name] = found->second;
        }
    }
    json::array out;
    for (const auto& [name, id] : ids) out.push_back(json::object{{"id", id}, {"name", name}});
    return out;
}

/// A transaction that began earlier may see an older revision than what is kept is of; it makes its own.
void TokenView::forget_before(std::int64_t revision) {
    if (revision_ == revision) return;
    revision_ = revision;
    implied_ids_.reset();
    catalogs_ = LatestMap<std::shared_ptr<const Catalog>>(kMostCatalogs);
}

std::shared_ptr<const TokenView::RoleIds> TokenView::implied_ids(db::Transaction& tx, std::int64_t revision) {
    {
        const std::lock_guard lock(mutex_);
        if (revision_ == revision && implied_ids_) return implied_ids_;
    }
    auto made = std::make_shared<RoleIds>();
    for (const auto& name : policy::default_roles()) {
        if (const auto role = repo::find_role_named(tx, name)) made->emplace(name, role->id);
    }
    const std::lock_guard lock(mutex_);
    forget_before(revision);
    return implied_ids_ = made;
}

std::shared_ptr<const TokenView::Catalog> TokenView::catalog(db::Transaction& tx, const std::string& base_url,
                                                             std::int64_t revision) {
    {
        const std::lock_guard lock(mutex_);
        const auto* found = revision_ == revision ? catalogs_.find(base_url) : nullptr;
        if (found != nullptr) return *found;
    }
    auto made = std::make_shared<Catalog>();
    made->of_project = MarkedText(json::serialize(catalog_for(tx, config_, base_url, kAnyProject)), kAnyProject);
    made->of_none = json::serialize(catalog_for(tx, config_, base_url, {}));
    const std::lock_guard lock(mutex_);
    forget_before(revision);
    catalogs_.put(base_url, made);
    return made;
}

std::string TokenView::text(db::Transaction& tx, const repo::Session& session, const std::string& base_url,
                            bool with_catalog) {
    auto body = token_json(session);
    const auto& scope = session.token.scope;
    if (!scope.unscoped()) body["roles"] = roles(tx, session);
    auto out = "{\"token\":" + json::serialize(body);
    if (with_catalog && !scope.unscoped()) {
        const auto parts = catalog(tx, base_url, session.revision);
        out.back() = ',';
        out += "\"catalog\":";
        if (scope.project_id.empty())
            out += parts->of_none;
        else
            parts->of_project.append_to(out, scope.project_id);
        out += '}';
    }
    return out + '}';
}

}  // namespace virga::identity
