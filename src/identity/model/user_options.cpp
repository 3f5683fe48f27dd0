#include "identity/model/user_options.hpp"

#include <algorithm>
#include <array>

namespace virga::identity {
namespace {

constexpr std::array<const char*, 5> kNames{"ignore_lockout_failure_attempts", "ignore_password_expiry",
                                            "ignore_change_password_upon_first_use", "ignore_user_inactivity",
                                            "lock_password"};

}  // namespace

bool has_option(const User& user, UserOption option) {
    const auto* value = user.options.if_contains(kNames[static_cast<std::size_t>(option)]);
    return value != nullptr && value->is_bool() && value->get_bool();
}

void read_options(http::Fields& fields, User& user) {
    const auto* given = fields.object("options");
    if (given == nullptr) return;
    for (const auto& item : *given) {
        const std::string_view name = item.key();
        const auto path = "options." + std::string(name.substr(0, 64));
        if (std::find(kNames.begin(), kNames.end(), name) == kNames.end()) fields.fail(path, "is not offered");
        if (!item.value().is_bool() && !item.value().is_null()) fields.fail(path, "must be true, false or null");
        if (item.value().is_null()) {
            user.options.erase(name);
        } else {
            user.options[name] = item.value();
        }
    }
}

}  // namespace virga::identity
