#include "identity/service.hpp"

#include "base/host_error.hpp"
#include "base/public_text.hpp"
#include "identity/api/api.hpp"
#include "identity/auth/authority.hpp"
#include "identity/bootstrap.hpp"
#include "identity/repo/project_repo.hpp"
#include "identity/repo/user_repo.hpp"

namespace virga::identity {
namespace {

/// Whether the text of an error of this process may name a file: that a system call failed.
bool is_of_the_system(ErrorCode code) {
    return code == ErrorCode::Unavailable || code == ErrorCode::Timeout || code == ErrorCode::NoSpace;
}

/// What `work` gives. What its failure says of files is for the cloud's administrators.
http::Response tell(bool is_admin, const std::function<http::Response()>& work) {
    try {
        return work();
    } catch (const HostError& error) {
        if (!is_admin) throw;
        throw Error(error.code(), error.host_text(), error.detail());
    } catch (const Error& error) {
        if (is_admin || !is_of_the_system(error.code())) throw;
        throw Error(error.code(), without_paths(error.message()), error.message() + ": " + error.detail());
    }
}

/// The handler's answer, also when it is made later.
http::Response answer(const AuthHandler& handler, http::Request& request, const Auth& auth) {
    const bool is_admin = auth.is_admin();
    auto response = tell(is_admin, [&] { return handler(request, auth); });
    if (!response.later) return response;
    auto later = *response.later;
    later.work = [is_admin, work = std::move(later.work)] { return tell(is_admin, work); };
    response.later = std::make_shared<const http::Later>(std::move(later));
    return response;
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

void Service::bootstrap(const Secret& admin_password, AdminPassword which) {
    identity::bootstrap(impl_->context.database, impl_->context.config, impl_->authority.rules(), admin_password,
                        which);
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
    return impl_->context.auth_of(impl_->authority.session(tx, request.headers.get(http::RequestHeader::AuthToken)),
                                  request.request_id);
}

http::Route Service::route(std::string method, std::string pattern, const policy::Table& table,
                           const policy::Access& access, AuthHandler handler) {
    auto route = guarded_route(std::move(method), std::move(pattern), access);
    route.handler = [this, guard = policy::Guard(table, access), handler = std::move(handler)](http::Request& request) {
        auto auth = authenticate(request);
        if (auth.project.empty()) {
            throw Error(ErrorCode::Forbidden, "This needs a token for a project: authenticate with a project scope.");
        }
        auth.admitted_by = &guard.require(auth, request);
        return answer(handler, request, auth);
    };
    return route;
}

http::Route guarded_route(std::string method, std::string pattern, const policy::Access& access) {
    http::Route route;
    route.method = std::move(method);
    route.pattern = std::move(pattern);
    route.policy = access.policy;
    for (const auto& [action, name] : access.actions) route.actions.emplace_back(action, name);
    return route;
}

std::string Service::project_name(db::Transaction& tx, const ProjectId& project) {
    if (const auto found = repo::find_project(tx, project.value)) return found->name;
    const auto user = repo::find_user(tx, project.value);
    return user ? user->name : std::string();
}

bool Auth::reaches(const ProjectId& owner) const {
    if (owner == project) return true;
    return admitted_by == nullptr ? is_admin() : policy::allows(admitted_by->rule, subject(), {.project = owner.value});
}

void Service::check_path_project(const http::Request& request, const Auth& auth) {
    const auto found = request.path_params.find("project_id");
    if (found == request.path_params.end() || found->second == auth.project.value || auth.is_admin()) return;
    throw Error(ErrorCode::InvalidInput, "Malformed request url");
}

}  // namespace virga::identity
