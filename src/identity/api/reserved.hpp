#pragma once
#include "identity/api/api.hpp"

namespace virga::identity::api {

// What the administrator of a domain must not touch, though it is in his domain: it would give him the whole cloud. And
// what nobody may take away.

/// Error{Forbidden} for the projects of administrators and of services (and what would become one by its name), unless
/// the caller may change them.
void require_unreserved(const Context& context, const Caller& caller, const Project& project);
/// Error{Forbidden} when a project that a setting names would be renamed, disabled or, without a name, deleted: who
/// administers the cloud, or serves it, does so by that project.
void require_kept(const Context& context, const Project& project, const std::string& name, bool enabled);
/// Error{Forbidden} for a user who has more power somewhere than the caller's domain gives, unless the caller may
/// change him.
void require_unreserved(db::Transaction& tx, const Context& context, const Caller& caller, const User& user);
/// Error{Forbidden} when the caller must not give or take this role there.
void require_grantable(db::Transaction& tx, const Context& context, const Caller& caller, const Assignment& assignment);

}  // namespace virga::identity::api
