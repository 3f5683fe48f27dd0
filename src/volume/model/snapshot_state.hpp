#pragma once
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "lifecycle/state.hpp"

namespace virga::volume {

using lifecycle::text_of;
using lifecycle::word;

/// Cinder's statuses of snapshots.
enum class SnapshotStatus { Available, Error, ErrorDeleting, Creating, Deleting, BackingUp, Restoring, Unmanaging };

inline constexpr std::array<std::string_view, 8> kSnapshotStatusWords{
    "available", "error", "error_deleting", "creating", "deleting", "backing-up", "restoring", "unmanaging"};
static_assert(kSnapshotStatusWords.size() == static_cast<std::size_t>(SnapshotStatus::Unmanaging) + 1);
constexpr std::span<const std::string_view> state_words(SnapshotStatus) {
    return kSnapshotStatusWords;
}

/// Only lasts while a flow works on the snapshot.
constexpr bool is_transient(SnapshotStatus status) {
    using enum SnapshotStatus;
    return lifecycle::StateSet{Creating, Deleting, BackingUp, Restoring, Unmanaging}.contains(status);
}

}  // namespace virga::volume
