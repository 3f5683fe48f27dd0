#pragma once
#include <functional>

#include "http/http.hpp"
#include "identity/api/api.hpp"

namespace virga::identity::api {

/// Leaves `work`, which looks at a password or hashes one, to threads of its own, so that it holds up nobody who has a
/// token. Who must come back later is told when (Retry-After).
http::Response password_turn(Context& context, std::function<http::Response()> work);
/// Whether the object below `key` of the body has a password.
bool has_password(const http::Request& request, std::string_view key);

}  // namespace virga::identity::api
