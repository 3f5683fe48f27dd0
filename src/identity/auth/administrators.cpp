#include "identity/auth/administrators.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "identity/repo/user_repo.hpp"
#include "identity/settings.hpp"

namespace virga::identity {

bool has_administrator(db::Transaction& tx, const config::Config& config, const PasswordRules& rules) {
    const auto users =
        repo::list_administrators(tx, config.get(setting::admin_project), config.get(setting::admin_of_any_project));
    const auto now = now_us();
    return std::any_of(users.begin(), users.end(), [&](const User& user) { return !rules.is_inactive(user, now); });
}

LastAdministrator::LastAdministrator(db::Transaction& tx, const config::Config& config, const PasswordRules& rules)
    : tx_(tx), config_(config), rules_(rules), had_(has_administrator(tx, config, rules)) {}

void LastAdministrator::require_kept() const {
    if (!had_ || has_administrator(tx_, config_, rules_)) return;
    throw Error(ErrorCode::Conflict,
                "This would leave the cloud without an administrator. Give another user, who is enabled and has a "
                "password, the role admin in the project '" +
                    config_.get(setting::admin_project) + "' (setting " + setting::admin_project.key +
                    ") or on the system first.");
}

}  // namespace virga::identity
