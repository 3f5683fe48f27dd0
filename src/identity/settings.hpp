#pragma once
#include "config/config.hpp"
#include "config/forms.hpp"

namespace virga::identity::setting {

inline const config::Setting<std::int64_t> token_ttl_seconds{
    "identity.token_ttl_seconds", 14400, {60, config::kYear_s}, "Seconds for which a new token is valid."};
inline const config::Setting<std::int64_t> password_threads{
    "identity.password_threads", 2, {1, 16}, "Passwords that are hashed at once, each in 19 MiB of memory."};
/// Many times what clients hold that keep a token until it expires.
inline const config::Setting<std::int64_t> tokens_per_user{
    "identity.tokens_per_user",
    10'000,
    {1, 1'000'000},
    "Valid tokens of a user at most: one more login ends the one that expires first, with those made from it."};
/// At most below what http::Waiters queues for one thing: who is too many is told here, by name.
inline const config::Setting<std::int64_t> password_queue{
    "identity.password_queue", 50, {1, 60}, "Logins that wait for their turn to be hashed; more get 503."};
inline const config::Setting<std::int64_t> lockout_failure_attempts{
    "identity.lockout_failure_attempts",
    0,
    {0, 1'000'000},
    "Failed logins in a row after which a user is locked; 0: he is only slowed down."};
inline const config::Setting<std::int64_t> lockout_duration{
    "identity.lockout_duration",
    1800,
    {0, config::kYear_s},
    "Seconds for which a user stays locked; 0: until an administrator enables him again."};
inline const config::Setting<config::List> password_regex{
    "identity.password_regex", config::List{},
    "Patterns (RE2, which has no lookahead: give several instead) that a new password must match from its beginning, "
    "all of them; none: any password."};
inline const config::Setting<std::string> password_regex_description{
    "identity.password_regex_description", std::string(), "What password_regex asks for, in words for users."};
inline const config::Setting<std::int64_t> unique_last_password_count{
    "identity.unique_last_password_count",
    0,
    {0, 24},
    "A user's new password must differ from so many before it, the present one included."};
inline const config::Setting<std::int64_t> minimum_password_age{
    "identity.minimum_password_age", 0, {0, 3650}, "Days that a user must keep a password before he changes it."};
inline const config::Setting<std::int64_t> password_expires_days{"identity.password_expires_days",
                                                                 0,
                                                                 {0, config::kCentury_days},
                                                                 "Days after which a new password expires; 0: never."};
inline const config::Setting<std::int64_t> disable_user_account_days_inactive{
    "identity.disable_user_account_days_inactive",
    0,
    {0, config::kCentury_days},
    "Days without a login after which a user counts as disabled; 0: never."};
inline const config::Setting<bool> change_password_upon_first_use{
    "identity.change_password_upon_first_use", false,
    "Whether a password that an administrator sets must be changed by its user before he can log in."};
inline const config::Setting<std::string> region{"identity.region", std::string("RegionOne"), config::kName,
                                                 "Name of the region that the catalog shows."};
inline const config::Setting<std::string> admin_project{
    "identity.admin_project", std::string("admin"), config::kName,
    "Name of the project of domain Default whose administrators are the cloud's; an administrator of another project "
    "has what a manager of it has."};
inline const config::Setting<std::string> service_project{"identity.service_project", std::string("service"),
                                                          config::kName,
                                                          "Name of the project of domain Default in which the role "
                                                          "service means another service of the cloud; elsewhere that "
                                                          "role gives nothing."};
inline const config::Setting<bool> admin_of_any_project{
    "identity.admin_of_any_project", false,
    "Whether an administrator of any project is the cloud's, as in OpenStack's older releases."};

}  // namespace virga::identity::setting
