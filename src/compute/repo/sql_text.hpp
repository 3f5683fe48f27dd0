#pragma once
#include <cstddef>
#include <string>

namespace virga::compute::repo {

/// "?, ?, ?" for `count` parameters.
inline std::string placeholders(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += i == 0 ? "?" : ", ?";
    return text;
}

}  // namespace virga::compute::repo
