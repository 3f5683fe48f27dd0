#include "identity/auth/password_rules.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "identity/model/user_options.hpp"
#include "identity/settings.hpp"

namespace virga::identity {
namespace {

constexpr TimestampUs kSecond = 1'000'000;
constexpr TimestampUs kDay = 86'400 * kSecond;

constexpr const char* kNoLookahead = ". RE2 has no lookahead: give a list of patterns instead.";

/// What RE2 has not, and writers of other patterns expect.
bool looks_around(std::string_view pattern) {
    constexpr std::array<std::string_view, 4> kLooks{"(?=", "(?!", "(?<=", "(?<!"};
    return std::any_of(kLooks.begin(), kLooks.end(),
                       [&](auto look) { return pattern.find(look) != std::string_view::npos; });
}

std::vector<std::unique_ptr<re2::RE2>> compile(const config::List& texts) {
    std::vector<std::unique_ptr<re2::RE2>> patterns;
    for (const auto& text : texts) {
        auto pattern = std::make_unique<re2::RE2>(text, re2::RE2::Quiet);
        if (!pattern->ok()) {
            throw Error(ErrorCode::InvalidInput, setting::password_regex.key + ": '" + text + "' can't be used: " +
                                                     pattern->error() + (looks_around(text) ? kNoLookahead : ""));
        }
        patterns.push_back(std::move(pattern));
    }
    return patterns;
}

}  // namespace

PasswordRules::PasswordRules(const config::Config& config)
    : patterns_(compile(config.get(setting::password_regex))),
      description_(config.get(setting::password_regex_description)),
      lockout_attempts_(config.get(setting::lockout_failure_attempts)),
      lockout_us_(config.get(setting::lockout_duration) * kSecond),
      unique_count_(config.get(setting::unique_last_password_count)),
      minimum_age_us_(config.get(setting::minimum_password_age) * kDay),
      expires_us_(config.get(setting::password_expires_days) * kDay),
      inactive_us_(config.get(setting::disable_user_account_days_inactive) * kDay),
      change_upon_first_use_(config.get(setting::change_password_upon_first_use)) {}

PasswordRules::~PasswordRules() = default;

void PasswordRules::check_text(const Secret& password) const {
    const re2::StringPiece text(password.reveal());
    const bool fits = std::all_of(patterns_.begin(), patterns_.end(), [&](const auto& pattern) {
        return pattern->Match(text, 0, text.size(), re2::RE2::ANCHOR_START, nullptr, 0);
    });
    if (fits) return;
    throw Error(ErrorCode::InvalidInput,
                "The password does not match the requirements: " +
                    (description_.empty() ? std::string("ask your administrator for them") : description_) + ".");
}

void PasswordRules::check_may_change(const User& user, TimestampUs now) const {
    if (has_option(user, UserOption::LockPassword)) {
        throw Error(ErrorCode::InvalidInput, "You cannot change your password: it is locked by an administrator.");
    }
    const bool must = is_expired(user, now);
    const auto until = user.password_changed_us + minimum_age_us_;
    if (must || minimum_age_us_ == 0 || user.password_changed_us == 0 || now >= until) return;
    throw Error(ErrorCode::InvalidInput, "You cannot change your password yet: it must be kept for " +
                                             std::to_string(minimum_age_us_ / kDay) + " days, until " + iso8601(until) +
                                             ".");
}

void PasswordRules::put(User& user, std::string hash, SetBy by, TimestampUs now) const {
    user.password_hash = std::move(hash);
    user.password_changed_us = now;
    user.password_expires_us = expires_us_ > 0 ? now + expires_us_ : 0;
    const bool first = by == SetBy::Administrator && change_upon_first_use_;
    if (first && !has_option(user, UserOption::IgnoreChangeUponFirstUse)) user.password_expires_us = now;
}

bool PasswordRules::is_locked(const User& user, TimestampUs now) const {
    if (lockout_attempts_ == 0 || user.failed_logins < lockout_attempts_) return false;
    if (has_option(user, UserOption::IgnoreLockout)) return false;
    return lockout_us_ == 0 || now < user.failed_us + lockout_us_;
}

bool PasswordRules::is_inactive(const User& user, TimestampUs now) const {
    if (inactive_us_ == 0 || user.active_us == 0 || has_option(user, UserOption::IgnoreInactivity)) return false;
    return now >= user.active_us + inactive_us_;
}

bool PasswordRules::is_expired(const User& user, TimestampUs now) const {
    if (user.password_expires_us == 0 || has_option(user, UserOption::IgnorePasswordExpiry)) return false;
    return now >= user.password_expires_us;
}

void PasswordRules::enable(User& user, TimestampUs now) {
    user.failed_logins = 0;
    user.failed_us = 0;
    user.active_us = now;
}

}  // namespace virga::identity
