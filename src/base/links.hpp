#pragma once
#include <fcntl.h>

#include <string_view>

namespace virga {

/// The flag for open() that refuses a link as the file itself. Only a name of a descriptor of this process, which is
/// how a file is passed on that was opened already, is one on purpose.
inline int no_link(std::string_view path) {
    constexpr std::string_view kOpened = "/proc/self/fd/";
    const bool opened = path.starts_with(kOpened) && path.size() > kOpened.size() &&
                        path.find_first_not_of("0123456789", kOpened.size()) == std::string_view::npos;
    return opened ? 0 : O_NOFOLLOW;
}

}  // namespace virga
