#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.hpp"
#include "config/config.hpp"
#include "db/database.hpp"
#include "identity/model/auth_request.hpp"
#include "identity/model/types.hpp"
#include "identity/repo/token_repo.hpp"

namespace virga::identity {

/// A token that was just made: the only moment when its text is known.
struct IssuedToken {
    Secret secret;
    Token token;
};

/// Checks credentials, issues and validates tokens. Why a login failed is never told: an unknown user, a wrong
/// password and a disabled user give the same error after the same work.
class Authority {
public:
    Authority(db::Database& database, const config::Config& config);

    /// Throws Error{Unauthenticated} for wrong credentials and for a scope in which the user has no role.
    IssuedToken issue(const AuthRequest& request);
    /// Throws Error{Unauthenticated} when `text` isn't a valid token.
    repo::Session session(db::Transaction& tx, std::string_view text) const;
    /// True when the password is the user's. Costs the same whatever the answer.
    bool verify(const User& user, const Secret& password) const;

private:
    struct Identity {
        User user;
        std::optional<Token> parent;  ///< token that the new one is made from
    };
    Identity check_credentials(const AuthRequest& request) const;
    User check_password(const AuthRequest& request) const;
    Scope resolve_scope(db::Transaction& tx, const AuthRequest& request, const User& user) const;

    db::Database& database_;
    TimestampUs ttl_us_;
    std::string dummy_hash_;  ///< what the password of an unknown user is compared with
};

/// What is stored in place of a token.
std::string token_digest(std::string_view text);

}  // namespace virga::identity
