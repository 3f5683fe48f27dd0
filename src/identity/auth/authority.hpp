#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.hpp"
#include "config/config.hpp"
#include "db/database.hpp"
#include "http/address_list.hpp"
#include "identity/auth/guess_limiter.hpp"
#include "identity/auth/password_rules.hpp"
#include "identity/auth/password_work.hpp"
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
/// password, a disabled and a locked user give the same error after the same work. Only who gives the right password is
/// told that it has expired. What looks at a password throws ComeBackLater when there were too many failures, or are
/// too many at once. `address` is where the request comes from.
class Authority {
public:
    Authority(db::Database& database, const config::Config& config);

    /// Throws Error{Unauthenticated} for wrong credentials and for a scope in which the user has no role,
    /// StatusError{429} when the user has too many tokens and the new one would be made from a token that had to end
    /// for it.
    IssuedToken issue(const AuthRequest& request, const std::string& address);
    /// By the user himself, who proves it by the password before, which may have expired. Ends his tokens. Throws
    /// Error{Unauthenticated}; Error{InvalidInput} by the rules for passwords.
    void change_password(const std::string& user_id, const Secret& before, const Secret& after,
                         const std::string& address);
    /// Hash of a password that an administrator sets. Throws Error{InvalidInput} by the rules.
    std::string hash_new(const Secret& password);
    const PasswordRules& rules() const { return rules_; }
    PasswordWork& passwords() { return work_; }
    /// Throws Error{Unauthenticated} when `text` isn't a valid token.
    repo::Session session(db::Transaction& tx, std::string_view text) const;
    /// The same by the digest, nullopt for what isn't valid: also of a user who counts as disabled, since he has not
    /// logged in for too long.
    std::optional<repo::Session> find_session(db::Transaction& tx, const std::string& digest, TimestampUs now) const;

private:
    enum class Expired { Refused, Allowed };
    struct Identity {
        User user;
        std::optional<Token> parent;  ///< token that the new one is made from
    };
    Identity check_credentials(const AuthRequest& request, const std::string& address);
    User prove(const Reference& who, const Secret& password, const std::string& address, Expired expired);
    std::string known_address(const std::string& address) const;
    bool may_log_in(db::Transaction& tx, const User& user, TimestampUs now) const;
    void note_failure(const std::string& user_id, TimestampUs now);
    void strengthen(User& user, const Secret& password);
    void require_unused(const User& user, const Secret& password);
    /// Once more what the login was granted for, now that nobody can change it. Sets the token's scope.
    void record(db::Transaction& tx, const AuthRequest& request, const User& user, const std::optional<Token>& parent,
                Token& token) const;
    Scope resolve_scope(db::Transaction& tx, const AuthRequest& request, const User& user) const;

    db::Database& database_;
    TimestampUs ttl_us_;
    std::int64_t tokens_per_user_;
    http::AddressList proxies_;
    PasswordRules rules_;
    PasswordWork work_;
    GuessLimiter limiter_;
    std::string dummy_hash_;  ///< what the password of an unknown user is compared with
};

/// What is stored in place of a token.
std::string token_digest(std::string_view text);

}  // namespace virga::identity
