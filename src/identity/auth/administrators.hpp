#pragma once
#include "config/config.hpp"
#include "db/database.hpp"
#include "identity/auth/password_rules.hpp"

namespace virga::identity {

/// Whether somebody who can log in has the role that administers the cloud: in the project that
/// `identity.admin_project` names, on the system, or where `identity.admin_of_any_project` says so.
bool has_administrator(db::Transaction& tx, const config::Config& config, const PasswordRules& rules);

/// Made before a change in the same transaction: the change must not take the last administrator away.
class LastAdministrator {
public:
    LastAdministrator(db::Transaction& tx, const config::Config& config, const PasswordRules& rules);
    /// After the change. Throws Error{Conflict}, which undoes the transaction.
    void require_kept() const;

private:
    db::Transaction& tx_;
    const config::Config& config_;
    const PasswordRules& rules_;
    bool had_;
};

}  // namespace virga::identity
