#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/secret.hpp"
#include "config/config.hpp"
#include "identity/model/types.hpp"

namespace re2 {
class RE2;
}

namespace virga::identity {

/// Who sets a password: its user, who knows the one before, or an administrator.
enum class SetBy { User, Administrator };

/// The settings of Keystone's group security_compliance, and what they mean for one user at one moment.
class PasswordRules {
public:
    /// Throws Error{InvalidInput} for a pattern that RE2 can't use.
    explicit PasswordRules(const config::Config& config);
    ~PasswordRules();

    /// Throws Error{InvalidInput} when the password isn't what the patterns ask for.
    void check_text(const Secret& password) const;
    /// Throws Error{InvalidInput} when the user may not yet, or never, change his password himself.
    void check_may_change(const User& user, TimestampUs now) const;
    /// Puts a new hash and its times into the user.
    void put(User& user, std::string hash, SetBy by, TimestampUs now) const;

    bool is_locked(const User& user, TimestampUs now) const;
    bool is_inactive(const User& user, TimestampUs now) const;
    bool is_expired(const User& user, TimestampUs now) const;
    bool counts_failures() const { return lockout_attempts_ > 0; }
    /// Failures before this moment are forgotten.
    TimestampUs failures_since(TimestampUs now) const { return lockout_us_ > 0 ? now - lockout_us_ : 0; }
    bool counts_activity() const { return inactive_us_ > 0; }
    /// Passwords that a new one must differ from, the present one included.
    std::int64_t unique_count() const { return unique_count_; }
    /// Enabling a user again ends his lock and his inactivity.
    static void enable(User& user, TimestampUs now);

private:
    std::vector<std::unique_ptr<re2::RE2>> patterns_;
    std::string description_;
    std::int64_t lockout_attempts_;
    TimestampUs lockout_us_;
    std::int64_t unique_count_;
    TimestampUs minimum_age_us_;
    TimestampUs expires_us_;
    TimestampUs inactive_us_;
    bool change_upon_first_use_;
};

}  // namespace virga::identity
