#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace virga::compute::api {

/// The last `lines` lines; all when below 0.
std::string last_lines(const std::string& text, std::int64_t lines);
/// Valid UTF-8 for a JSON string: what a guest wrote that isn't becomes '?', NUL is left out.
std::string printable(std::string_view text);

}  // namespace virga::compute::api
