#pragma once
#include "base/secret.hpp"
#include "config/config.hpp"
#include "db/database.hpp"
#include "identity/auth/password_rules.hpp"
#include "identity/service.hpp"

namespace virga::identity {

/// What Service::bootstrap does, in one transaction.
void bootstrap(db::Database& database, const config::Config& config, const PasswordRules& rules, const Secret& password,
               AdminPassword which);

}  // namespace virga::identity
