#pragma once
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "lifecycle/state.hpp"

namespace virga::volume {

using lifecycle::text_of;
using lifecycle::word;

/// Cinder's statuses of groups, and of snapshots of groups.
enum class GroupStatus { Available, Error, ErrorDeleting, Creating, Deleting, Updating };

inline constexpr std::array<std::string_view, 6> kGroupStatusWords{"available", "error",    "error_deleting",
                                                                   "creating",  "deleting", "updating"};
static_assert(kGroupStatusWords.size() == static_cast<std::size_t>(GroupStatus::Updating) + 1);
constexpr std::span<const std::string_view> state_words(GroupStatus) {
    return kGroupStatusWords;
}

/// Only lasts while a flow works on the group.
constexpr bool is_transient(GroupStatus status) {
    return status == GroupStatus::Creating || status == GroupStatus::Deleting;
}

}  // namespace virga::volume
