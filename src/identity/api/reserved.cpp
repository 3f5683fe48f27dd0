#include "identity/api/reserved.hpp"

#include <algorithm>

#include "identity/repo/project_repo.hpp"
#include "identity/repo/role_repo.hpp"
#include "identity/settings.hpp"

namespace virga::identity::api {
namespace {

constexpr std::string_view kAdmin = "admin";
constexpr std::string_view kService = "service";
const policy::Check kReserved(policies(), "identity:manage_reserved");
const policy::Check kAnyRole(policies(), "identity:create_grant:any_role");

/// The setting that names the project; null where none does.
const config::Setting<std::string>* setting_that_names(const Context& context, const Project& project) {
    if (project.domain_id != kDefaultDomain) return nullptr;
    for (const auto* setting : {&setting::admin_project, &setting::service_project}) {
        if (project.name == context.config.get(*setting)) return setting;
    }
    return nullptr;
}

bool is_reserved(const Context& context, const Project& project) {
    return setting_that_names(context, project) != nullptr;
}

/// Whether the assignment gives more than the administrator of `domain` has.
bool is_beyond(db::Transaction& tx, const Context& context, const Assignment& assignment, const std::string& domain) {
    const auto role = repo::find_role(tx, assignment.role_id);
    const bool is_admin = role && role->name == kAdmin;
    switch (assignment.target) {
        case TargetKind::System:
            return true;
        case TargetKind::Domain:
            return is_admin && assignment.target_id != domain;
        case TargetKind::Project: {
            const auto project = repo::find_project(tx, assignment.target_id);
            if (project && is_reserved(context, *project)) return true;
            return is_admin && context.config.get(setting::admin_of_any_project);
        }
    }
    return true;
}

}  // namespace

void require_unreserved(const Context& context, const Caller& caller, const Project& project) {
    if (is_reserved(context, project)) kReserved.require(caller.auth);
}

void require_kept(const Context& context, const Project& project, const std::string& name, bool enabled) {
    const auto* setting = setting_that_names(context, project);
    if (setting == nullptr || (project.name == name && (enabled || !project.enabled))) return;
    throw Error(ErrorCode::Forbidden, "The project " + project.name +
                                          " can't be renamed, disabled or deleted: the setting " + setting->key +
                                          " names it.");
}

void require_unreserved(db::Transaction& tx, const Context& context, const Caller& caller, const User& user) {
    if (kReserved.allows(caller.auth)) return;
    const auto assignments = repo::list_assignments(tx, {.user_id = user.id});
    const bool beyond = std::any_of(assignments.begin(), assignments.end(), [&](const Assignment& assignment) {
        return is_beyond(tx, context, assignment, caller.auth.domain);
    });
    if (beyond) kReserved.require(caller.auth);
}

void require_grantable(db::Transaction& tx, const Context& context, const Caller& caller,
                       const Assignment& assignment) {
    const auto role = repo::find_role(tx, assignment.role_id);
    const bool plain = role && policy::is_default_role(role->name) && role->name != kService;
    if (!plain) kAnyRole.require(caller.auth);
    if (is_beyond(tx, context, assignment, caller.auth.domain)) kReserved.require(caller.auth);
}

}  // namespace virga::identity::api
