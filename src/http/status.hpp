#pragma once
#include <string_view>

namespace virga::http {

/// The phrase of a status line ("Not Found"); "Unknown" for a status that Virga never sends.
std::string_view reason_phrase(int status);

}  // namespace virga::http
