#pragma once
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace virga {

/// A text about a failure as users may read it: each absolute path of a file is replaced by "(file)", and so is
/// "server:/path" of a share. URLs stay, and so do names of devices (/dev/...), which are those of guests.
std::string without_paths(std::string_view text);

/// What users read of a failure on a host. What is wrong with the request (InvalidInput, Conflict, NotSupported, ...)
/// is said in the host's words. What went wrong with the host's files, tools and storage is said by one fixed sentence
/// for its code: the words for it are for administrators.
std::string public_reason(ErrorCode code, const std::string& message);

}  // namespace virga
