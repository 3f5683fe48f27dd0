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

namespace virga::identity {

/// Who makes a request, from a validated token.
struct Auth {
    UserId user;
    std::string user_name;
    ProjectId project;  ///< empty for an unscoped token
    std::string project_name;
    std::vector<std::string> roles;
    std::string request_id;

    bool has_role(std::string_view role) const;
    bool is_admin() const { return has_role("admin"); }
    bool is_service() const { return has_role("service"); }
};

using AuthHandler = std::function<http::Response(http::Request&, const Auth&)>;

/// The identity service: users, projects, roles, tokens, the catalog (Keystone v3).
class Service {
public:
    Service(db::Database& database, const config::Config& config);
    ~Service();

    /// Creates on an empty database: domain Default, projects admin and service, roles admin, member, reader and
    /// service, user admin with this password. Does nothing later.
    void bootstrap(const Secret& admin_password);
    void register_routes(http::Router& router);

    /// Who the token in X-Auth-Token belongs to. Revocation is seen at once. Throws Error{Unauthenticated}.
    Auth authenticate(const http::Request& request);
    /// Wraps a handler that needs a project-scoped token.
    http::Handler authenticated(AuthHandler handler);
    /// Name of a project or user id, empty when unknown.
    std::string project_name(db::Transaction& tx, const ProjectId& project);

    /// The project that a URL segment names must be the caller's (admins: any): else Error{NotFound}... Nova and Cinder
    /// answer 400 "Malformed request url" for a foreign project in the path.
    static void check_path_project(const http::Request& request, const Auth& auth);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Throws Error{Forbidden} "Policy doesn't allow <rule> to be performed."
void require_admin(const Auth& auth, std::string_view rule);

const std::vector<db::Migration>& migrations();

}  // namespace virga::identity
