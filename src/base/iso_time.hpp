#pragma once
#include <optional>
#include <string_view>

#include "base/clock.hpp"

namespace virga {

/// A time as users write it, by ISO 8601: "2026-01-31", "2026-01-31T12:00:00", with a space for the T, without
/// seconds, with a fraction, with "Z" or an offset such as +02:00, +0200 or +02 at the end (UTC without one). A space
/// counts as the '+' of an offset, which is what a query string makes of it. nullopt for anything else.
std::optional<TimestampUs> parse_iso_time(std::string_view text);

}  // namespace virga
