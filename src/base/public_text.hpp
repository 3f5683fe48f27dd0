#pragma once
#include <string>
#include <string_view>

namespace virga {

/// A text about a failure as users may read it: each absolute path of a file is replaced by "(file)", and so is
/// "server:/path" of a share. URLs stay, and so do names of devices (/dev/...), which are those of guests.
std::string without_paths(std::string_view text);

}  // namespace virga
