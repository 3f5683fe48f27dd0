#pragma once
#include <chrono>
#include <string>

#include "http/microversion.hpp"

namespace virga::identity {

/// Not now: too many failed logins (429), or too many logins at once (503).
class ComeBackLater : public http::StatusError {
public:
    ComeBackLater(int http_status, std::string message, std::chrono::seconds wait)
        : StatusError(http_status, std::move(message)), after(wait) {}
    std::chrono::seconds after;
};

}  // namespace virga::identity
