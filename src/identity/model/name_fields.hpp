#pragma once
#include <cstddef>
#include <optional>
#include <string>

#include "http/schema.hpp"

namespace virga::identity {

/// `name` of a body: has 1 to `max` characters, not only blanks; null isn't a name. nullopt when it is absent.
std::optional<std::string> read_name(http::Fields& fields, std::size_t max);
/// As above; throws when it is absent.
std::string required_name(http::Fields& fields, std::size_t max);
/// `enabled` of a body: true or false, never null, which would mean neither.
std::optional<bool> read_enabled(http::Fields& fields);

}  // namespace virga::identity
