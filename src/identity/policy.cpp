#include "identity/service.hpp"

/// Who may do what in identity, after Keystone's defaults (2023.1). A domain's reader and administrator act on what is
/// of their domain; `owner` is the user himself, or who holds a token for the project in question.
namespace virga::identity {

using policy::admin;
using policy::any_token;
using policy::domain_admin;
using policy::domain_reader;
using policy::owner;
using policy::service;
using policy::system_reader;

namespace {

constexpr policy::Rule kRead = system_reader | domain_reader;
constexpr policy::Rule kReadOrOwn = system_reader | domain_reader | owner;
constexpr policy::Rule kManage = admin | domain_admin;

}  // namespace

const policy::Table& policies() {
    static const policy::Table table(
        "identity",
        {
            {"identity:validate_token", system_reader | service | owner, "Show a token: one's own, or any."},
            {"identity:revoke_token", admin | owner, "Revoke a token: one's own, or any."},
            {"identity:get_auth_catalog", any_token, "Show the catalog of one's token."},
            {"identity:get_auth_projects", any_token, "List the projects in which one has a role."},
            {"identity:get_auth_domains", any_token, "List the domains in which one has a role."},
            {"identity:get_auth_system", any_token, "Show whether one has a role on the system."},

            {"identity:list_domains", system_reader, "List the domains."},
            {"identity:get_domain", kReadOrOwn, "Show a domain; its owners are those whose token is for it or in it."},
            {"identity:create_domain", admin, "Create a domain."},
            {"identity:update_domain", admin, "Change a domain."},
            {"identity:delete_domain", admin, "Delete a domain."},

            {"identity:list_projects", kRead, "List the projects: all, or those of one's domain."},
            {"identity:list_user_projects", kReadOrOwn, "List the projects in which a user has a role."},
            {"identity:get_project", kReadOrOwn, "Show a project."},
            {"identity:create_project", kManage, "Create a project."},
            {"identity:update_project", kManage, "Change a project."},
            {"identity:delete_project", kManage, "Delete a project."},
            {"identity:manage_reserved", admin,
             "Change the projects of administrators and services, and users who have more power than the domain of the "
             "caller gives."},

            {"identity:list_users", kRead, "List the users: all, or those of one's domain."},
            {"identity:get_user", kReadOrOwn, "Show a user."},
            {"identity:create_user", kManage, "Create a user."},
            {"identity:update_user", kManage, "Change a user, his password included."},
            {"identity:delete_user", kManage, "Delete a user."},

            {"identity:list_roles", kRead, "List the roles."},
            {"identity:get_role", kRead, "Show a role."},
            {"identity:list_implied_roles", kRead, "Show the role that comes with another one."},
            {"identity:list_role_inference_rules", kRead, "List which role comes with which."},
            {"identity:create_role", admin, "Create a role."},
            {"identity:update_role", admin, "Change a role."},
            {"identity:delete_role", admin, "Delete a role."},

            {"identity:list_grants", kRead, "List a user's roles in a project or domain."},
            {"identity:check_grant", kRead, "Look whether a user has a role in a project or domain."},
            {"identity:create_grant", kManage, "Give a user a role in a project or domain."},
            {"identity:create_grant:any_role", admin,
             "Give or take a role other than admin, manager, member and reader."},
            {"identity:revoke_grant", kManage, "Take a role in a project or domain from a user."},
            {"identity:list_system_grants_for_user", system_reader, "List a user's roles on the system."},
            {"identity:check_system_grant_for_user", system_reader, "Look whether a user has a role on the system."},
            {"identity:create_system_grant_for_user", admin, "Give a user a role on the system."},
            {"identity:revoke_system_grant_for_user", admin, "Take a role on the system from a user."},
            {"identity:list_role_assignments", kReadOrOwn,
             "List who has which role: all, one's domain's, or one's own."},

            {"identity:list_services", system_reader, "List the services of the catalog."},
            {"identity:get_service", system_reader, "Show a service of the catalog."},
            {"identity:create_service", admin, "Add a service to the catalog."},
            {"identity:update_service", admin, "Change a service of the catalog."},
            {"identity:delete_service", admin, "Take a service from the catalog."},
            {"identity:list_endpoints", system_reader, "List the endpoints of the catalog."},
            {"identity:get_endpoint", system_reader, "Show an endpoint of the catalog."},
            {"identity:create_endpoint", admin, "Add an endpoint to the catalog."},
            {"identity:update_endpoint", admin, "Change an endpoint of the catalog."},
            {"identity:delete_endpoint", admin, "Take an endpoint from the catalog."},
            {"identity:list_regions", any_token, "List the regions."},
            {"identity:get_region", any_token, "Show a region."},
            {"identity:create_region", admin, "Create a region."},
            {"identity:update_region", admin, "Change a region."},
            {"identity:delete_region", admin, "Delete a region."},
        });
    return table;
}

}  // namespace virga::identity
