#pragma once
#include <sys/types.h>

#include <optional>
#include <string_view>

namespace virga::compute::virt {

/// Numbers of users, both included.
struct UidRange {
    uid_t first = 0;
    uid_t last = 0;

    /// "2000000-2065535"; nullopt for anything else, and for numbers that mean root or nobody at all.
    static std::optional<UidRange> parse(std::string_view text);
    bool contains(uid_t uid) const { return uid >= first && uid <= last; }
};

bool is_uid_range_or_empty(std::string_view text);

}  // namespace virga::compute::virt
