#pragma once
#include <string_view>

namespace virga::http {

/// "http://name:port" or "https://name": what paths of an API may be appended to.
bool is_base_url(std::string_view text);

}  // namespace virga::http
