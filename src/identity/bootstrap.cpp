#include "identity/bootstrap.hpp"

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "identity/auth/administrators.hpp"
#include "identity/repo/domain_repo.hpp"
#include "identity/repo/project_repo.hpp"
#include "identity/repo/role_repo.hpp"
#include "identity/repo/user_repo.hpp"
#include "identity/settings.hpp"

namespace virga::identity {
namespace {

constexpr const char* kAdmin = "admin";  ///< name of the user and of the role

/// False when it is there already.
bool add_default_domain(db::Transaction& tx) {
    if (repo::find_domain(tx, kDefaultDomain)) return false;
    repo::insert_domain(tx, {kDefaultDomain, "Default", "The default domain", true});
    return true;
}

/// Those that are missing: a database of an earlier version has fewer.
void add_default_roles(db::Transaction& tx) {
    for (const auto& name : policy::default_roles()) {
        if (!repo::find_role_named(tx, name)) repo::insert_role(tx, {new_uuid(), name, {}});
    }
}

/// Who administers the cloud by the system does so in a new project of administrators, too.
void admit_administrators(db::Transaction& tx, const Project& project) {
    const auto role = repo::find_role_named(tx, kAdmin)->id;
    for (const auto& assignment : repo::list_assignments(tx, {.role_id = role, .system = true})) {
        repo::grant(tx, {assignment.user_id, TargetKind::Project, project.id, role});
    }
}

Project add_project(db::Transaction& tx, const std::string& name, const std::string& description) {
    Project project{new_uuid(), kDefaultDomain, name, description, kDefaultDomain, true, {}};
    repo::insert_project(tx, project);
    return project;
}

/// A project that a setting names: there, and enabled. `is_new` tells whether it was made now.
Project keep_project(db::Transaction& tx, const config::Config& config, const config::Setting<std::string>& setting,
                     const std::string& description, bool& is_new) {
    const auto& name = config.get(setting);
    auto project = repo::find_project_named(tx, kDefaultDomain, name);
    is_new = !project;
    if (is_new) return add_project(tx, name, description);
    if (project->name != name) {
        throw Error(ErrorCode::InvalidInput, setting.key + ": domain Default has no project '" + name + "' but '" +
                                                 project->name + "': write it in the same letters");
    }
    if (!project->enabled) {
        project->enabled = true;
        repo::update_project(tx, *project);
        log::warning("a disabled project was enabled, since a setting names it",
                     {{"project", name}, {"setting", setting.key}});
    }
    return *project;
}

User make_admin(db::Transaction& tx, const Project& project) {
    User admin;
    admin.id = new_uuid();
    admin.domain_id = kDefaultDomain;
    admin.name = kAdmin;
    admin.default_project_id = project.id;
    repo::insert_user(tx, admin);
    return admin;
}

/// The user admin can log in and administers the cloud.
void keep_admin(db::Transaction& tx, const PasswordRules& rules, const Project& project, const Secret& password,
                AdminPassword which) {
    const auto found = repo::find_user_named(tx, kDefaultDomain, kAdmin);
    auto admin = found ? *found : make_admin(tx, project);
    const auto now = now_us();
    admin.enabled = true;
    PasswordRules::enable(admin, now);
    repo::update_user(tx, admin);
    if (which == AdminPassword::New || admin.password_hash.empty()) {
        rules.put(admin, hash_password(password.reveal()), SetBy::User, now);
        repo::set_password(tx, admin, rules.unique_count() - 1);
    }
    const auto role = repo::find_role_named(tx, kAdmin)->id;
    repo::grant(tx, {admin.id, TargetKind::Project, project.id, role});
    repo::grant(tx, {admin.id, TargetKind::System, kWholeSystem, role});
}

}  // namespace

void bootstrap(db::Database& database, const config::Config& config, const PasswordRules& rules, const Secret& password,
               AdminPassword which) {
    database.write_with([&](db::Transaction& tx) {
        const bool new_cloud = add_default_domain(tx);
        add_default_roles(tx);
        bool is_new = false;
        keep_project(tx, config, setting::service_project, "Project of the services", is_new);
        const auto project = keep_project(tx, config, setting::admin_project, "Project of the administrator", is_new);
        if (is_new) admit_administrators(tx, project);
        if (which == AdminPassword::Kept && has_administrator(tx, config, rules)) return;
        keep_admin(tx, rules, project, password, which);
        if (new_cloud) return;
        log::warning(which == AdminPassword::New
                         ? "the user admin was given a new password"
                         : "the cloud had no administrator who can log in: the user admin is one");
    });
}

}  // namespace virga::identity
