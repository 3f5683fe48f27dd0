#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace virga::http {

/// Undoes %XX; a '%' that no two hex digits follow stands for itself.
std::string percent_decode(std::string_view text, bool plus_is_space);
/// Leaves RFC 3986's unreserved characters alone and writes the rest as %XX.
std::string percent_encode(std::string_view text);
/// Valid UTF-8 (no overlong forms, no surrogates) without a NUL character.
bool is_clean_utf8(std::string_view text);
/// Number of code points of a valid UTF-8 text.
std::size_t utf8_length(std::string_view text);

/// The path part of a request target, still encoded; scheme and authority of an absolute form are left out.
std::string_view path_of(std::string_view target);
/// The part behind '?', still encoded; empty when absent.
std::string_view query_of(std::string_view target);
/// Decoded (name, value) pairs in order; repeats are kept.
std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query);
/// Decoded segments of an encoded path. Empty segments are left out, so that a trailing or doubled '/' doesn't matter,
/// and an encoded '/' stays inside its segment.
std::vector<std::string> segments_of(std::string_view encoded_path);
/// True for "/volume" and what is below it, not for "/volumes".
bool is_below(std::string_view path, std::string_view prefix);

}  // namespace virga::http
