#include "identity/service.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "identity/api/api.hpp"
#include "identity/auth/authority.hpp"
#include "identity/repo/domain_repo.hpp"
#include "identity/repo/project_repo.hpp"
#include "identity/repo/role_repo.hpp"
#include "identity/repo/user_repo.hpp"

namespace virga::identity {
namespace {

std::string add_role(db::Transaction& tx, const std::string& name) {
    const auto id = new_uuid();
    repo::insert_role(tx, {id, name, {}});
    return id;
}

Project add_project(db::Transaction& tx, const std::string& name, const std::string& description) {
    Project project{new_uuid(), kDefaultDomain, name, description, kDefaultDomain, true, {}};
    repo::insert_project(tx, project);
    return project;
}

User make_admin(const std::string& password_hash) {
    User admin;
    admin.id = new_uuid();
    admin.domain_id = kDefaultDomain;
    admin.name = "admin";
    admin.password_hash = password_hash;
    return admin;
}

}  // namespace

struct Service::Impl {
    Impl(db::Database& database, const config::Config& config)
        : authority(database, config), context{database, config, authority} {}
    Authority authority;
    api::Context context;
};

Service::Service(db::Database& database, const config::Config& config)
    : impl_(std::make_unique<Impl>(database, config)) {}
Service::~Service() = default;

void Service::bootstrap(const Secret& admin_password) {
    auto& database = impl_->context.database;
    const auto is_new = [](db::Transaction& tx) { return !repo::find_domain(tx, kDefaultDomain); };
    if (!database.read_with(is_new)) return;
    auto admin = make_admin(hash_password(admin_password.reveal()));
    auto tx = database.write();
    if (!is_new(tx)) return;
    repo::insert_domain(tx, {kDefaultDomain, "Default", "The default domain", true});
    const auto project = add_project(tx, "admin", "Project of the administrator");
    add_project(tx, "service", "Project of the services");
    admin.default_project_id = project.id;
    repo::insert_user(tx, admin);
    for (const auto* name : {"admin", "member", "reader"}) {
        repo::grant(tx, {admin.id, TargetKind::Project, project.id, add_role(tx, name)});
    }
    add_role(tx, "service");
    tx.commit();
}

void Service::register_routes(http::Router& router) {
    router.set_fault_writer("/identity", http::error_fault);
    api::add_versions(router);
    api::add_tokens(router, impl_->context);
    api::add_domains(router, impl_->context);
    api::add_projects(router, impl_->context);
    api::add_users(router, impl_->context);
    api::add_roles(router, impl_->context);
    api::add_role_assignments(router, impl_->context);
    api::add_services(router, impl_->context);
    api::add_endpoints(router, impl_->context);
    api::add_regions(router, impl_->context);
}

Auth Service::authenticate(const http::Request& request) {
    auto tx = impl_->context.database.read();
    return api::auth_of(impl_->authority.session(tx, request.headers.get("X-Auth-Token")), request.request_id);
}

http::Handler Service::authenticated(AuthHandler handler) {
    return [this, handler = std::move(handler)](http::Request& request) {
        const auto auth = authenticate(request);
        if (auth.project.empty()) {
            throw Error(ErrorCode::Forbidden, "This needs a token for a project: authenticate with a project scope.");
        }
        return handler(request, auth);
    };
}

std::string Service::project_name(db::Transaction& tx, const ProjectId& project) {
    if (const auto found = repo::find_project(tx, project.value)) return found->name;
    const auto user = repo::find_user(tx, project.value);
    return user ? user->name : std::string();
}

void Service::check_path_project(const http::Request& request, const Auth& auth) {
    const auto found = request.path_params.find("project_id");
    if (found == request.path_params.end() || found->second == auth.project.value || auth.is_admin()) return;
    throw Error(ErrorCode::InvalidInput, "Malformed request url");
}

bool Auth::has_role(std::string_view role) const {
    return std::find(roles.begin(), roles.end(), role) != roles.end();
}

void require_admin(const Auth& auth, std::string_view rule) {
    if (auth.is_admin()) return;
    throw Error(ErrorCode::Forbidden, "Policy doesn't allow " + std::string(rule) + " to be performed.");
}

}  // namespace virga::identity
