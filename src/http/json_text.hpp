#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace virga::http {

/// Parses what a client sent. Throws Error{InvalidInput} for what is no JSON, is nested deeper than 32, or has a name
/// twice in one object: of two values a program in front may have checked the other one.
json::value parse_json(std::string_view text);

/// A name out of a body as messages show it: cut after so many bytes, at the border of a character.
std::string_view shown_name(std::string_view name);

}  // namespace virga::http
