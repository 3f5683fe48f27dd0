#pragma once
#include <string_view>

#include "base/json.hpp"
#include "http/schema.hpp"
#include "identity/model/types.hpp"

namespace virga::identity {

/// Keystone's options of a user that are kept here. All are true or false.
enum class UserOption {
    IgnoreLockout,             ///< ignore_lockout_failure_attempts
    IgnorePasswordExpiry,      ///< ignore_password_expiry
    IgnoreChangeUponFirstUse,  ///< ignore_change_password_upon_first_use
    IgnoreInactivity,          ///< ignore_user_inactivity
    LockPassword,              ///< lock_password: the user can't change his password himself
};

bool has_option(const User& user, UserOption option);
/// Reads `options` of a user's body; null takes an option away. Throws Error{InvalidInput} for others, as what isn't
/// obeyed must not be accepted.
void read_options(http::Fields& fields, User& user);

}  // namespace virga::identity
