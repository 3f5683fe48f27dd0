#pragma once
#include <string>
#include <string_view>

namespace virga {

/// Appends `text` as it may stand in a log or on a terminal: control characters (C0, DEL, C1), those that turn or break
/// lines in Unicode, and bytes that are no UTF-8 become \n, \r, \t, \xNN or \u{NNNN}. All else stays.
void append_printable(std::string& out, std::string_view text);
std::string printable(std::string_view text);

}  // namespace virga
