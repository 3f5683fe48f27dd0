#pragma once
#include <compare>
#include <cstdint>
#include <string>

/// Sizes that carry their unit: one isn't taken for the other.
namespace virga {

struct Mib {
    std::int64_t count = 0;
    auto operator<=>(const Mib&) const = default;
};

struct Gib {
    std::int64_t count = 0;
    auto operator<=>(const Gib&) const = default;
};

inline constexpr std::int64_t kMibPerGib = 1024;

constexpr Mib to_mib(Gib size) {
    return {size.count * kMibPerGib};
}
/// Rounded up.
constexpr Gib to_gib(Mib size) {
    return {(size.count + kMibPerGib - 1) / kMibPerGib};
}

inline std::string to_string(Mib size) {
    return std::to_string(size.count) + " MiB";
}
inline std::string to_string(Gib size) {
    return std::to_string(size.count) + " GiB";
}

}  // namespace virga
