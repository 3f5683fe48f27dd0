#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/secret.hpp"
#include "config/config.hpp"
#include "db/database.hpp"
#include "http/http.hpp"
#include "identity/auth.hpp"
#include "identity/policy/table.hpp"

namespace virga::identity {

using AuthHandler = std::function<http::Response(http::Request&, const Auth&)>;

/// What a start does with the password of the user admin: nothing, or it is set, whatever it was before.
enum class AdminPassword { Kept, New };

/// The identity service: users, projects, roles, tokens, the catalog (Keystone v3).
class Service {
public:
    Service(db::Database& database, const config::Config& config);
    ~Service();

    /// Creates on an empty database: domain Default, projects admin and service, the default roles, user admin with
    /// this password, administrator of the project admin and of the system (the projects as settings name them). Later
    /// it mends what keeps administrators out: roles or projects that are missing, disabled projects; and when nobody
    /// who can log in administers the cloud, or the password is to be new, the user admin becomes the one who does.
    /// Throws Error{InvalidInput} when a setting names a project in other letters than its own.
    void bootstrap(const Secret& admin_password, AdminPassword which = AdminPassword::Kept);
    void register_routes(http::Router& router);

    /// Who the token in X-Auth-Token belongs to. Revocation is seen at once. Throws Error{Unauthenticated}.
    Auth authenticate(const http::Request& request);
    /// A route for tokens of a project that the policies of `access` in `table` admit; others get 401, or 403 "Policy
    /// doesn't allow NAME to be performed.", before the handler runs. The only way to declare a route of a service.
    http::Route route(std::string method, std::string pattern, const policy::Table& table, const policy::Access& access,
                      AuthHandler handler);
    /// Name of a project or user id, empty when unknown.
    std::string project_name(db::Transaction& tx, const ProjectId& project);

    /// The project that a URL segment names must be the caller's (admins: any): else Error{NotFound}... Nova and Cinder
    /// answer 400 "Malformed request url" for a foreign project in the path.
    static void check_path_project(const http::Request& request, const Auth& auth);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// What makes a route of a guard, without its handler.
http::Route guarded_route(std::string method, std::string pattern, const policy::Access& access);

/// The policies of identity itself.
const policy::Table& policies();

const std::vector<db::Migration>& migrations();

}  // namespace virga::identity
