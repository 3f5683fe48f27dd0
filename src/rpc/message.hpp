#pragma once
#include <cstddef>
#include <string>

#include "base/json.hpp"

namespace virga::rpc {

/// What either side may say at once, in bytes.
inline constexpr std::size_t kMaxMessage = 16 * 1024 * 1024;

/// A message as it is sent. Throws Error{TooLarge}.
std::string text_of(const json::object& message);

}  // namespace virga::rpc
