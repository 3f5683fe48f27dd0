#pragma once
#include <functional>

#include "http/http.hpp"

namespace virga::identity::api {

/// The answer of `work`, which looks at a password or hashes one. Who must come back later is told when (Retry-After).
http::Response password_turn(const std::function<http::Response()>& work);

}  // namespace virga::identity::api
