#pragma once
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace virga::hostkeys {

/// What the cloud knows of a host that was invited. Times are 0 when it hasn't come to that.
struct HostKey {
    std::string host;
    std::string public_key;  ///< empty until it has joined
    TimestampUs joined_us = 0;
    TimestampUs valid_until_us = 0;  ///< of the last credentials that were given out for this name
    TimestampUs revoked_us = 0;
    TimestampUs invited_until_us = 0;  ///< of a token that wasn't used yet
};

/// Where a machine asks to become a host, and a host for new credentials.
inline constexpr std::string_view kJoinPath = "/virga/v1/host-keys/join";
inline constexpr std::string_view kRenewalPath = "/virga/v1/host-keys/renewal";

/// What a host signs to have its credentials renewed.
inline std::string renewal_text(const std::string& public_key, std::int64_t time_us) {
    return "virga host renewal " + public_key + " " + std::to_string(time_us);
}

}  // namespace virga::hostkeys
