#pragma once
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "lifecycle/state.hpp"

namespace virga::image {

using lifecycle::text_of;
using lifecycle::word;

enum class ImageStatus { Queued, Saving, Active, Killed, Deleted, Deactivated };

inline constexpr std::array<std::string_view, 6> kImageStatusWords{"queued", "saving",  "active",
                                                                   "killed", "deleted", "deactivated"};
static_assert(kImageStatusWords.size() == static_cast<std::size_t>(ImageStatus::Deactivated) + 1);
constexpr std::span<const std::string_view> state_words(ImageStatus) {
    return kImageStatusWords;
}

/// What a project says of an image that was offered to it. It may say so again, and otherwise, at any time.
enum class MemberStatus { Pending, Accepted, Rejected };

inline constexpr std::array<std::string_view, 3> kMemberStatusWords{"pending", "accepted", "rejected"};
static_assert(kMemberStatusWords.size() == static_cast<std::size_t>(MemberStatus::Rejected) + 1);
constexpr std::span<const std::string_view> state_words(MemberStatus) {
    return kMemberStatusWords;
}

}  // namespace virga::image
