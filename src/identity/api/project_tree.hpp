#pragma once
#include "db/database.hpp"
#include "identity/model/types.hpp"

namespace virga::identity::api {

/// Keystone: a project is enabled only below enabled ones. Throws Error{Forbidden} where one above the project isn't.
void require_enabled_above(db::Transaction& tx, const Project& project);
/// Keystone: a project is disabled after those below it. Throws Error{Forbidden} where one below is enabled.
void require_disabled_below(db::Transaction& tx, const Project& project);

}  // namespace virga::identity::api
