#pragma once
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "lifecycle/state.hpp"

namespace virga::volume {

using lifecycle::text_of;
using lifecycle::word;

/// Cinder's statuses of backups.
enum class BackupStatus { Available, Error, Creating, Restoring, Deleting };

inline constexpr std::array<std::string_view, 5> kBackupStatusWords{"available", "error", "creating", "restoring",
                                                                    "deleting"};
static_assert(kBackupStatusWords.size() == static_cast<std::size_t>(BackupStatus::Deleting) + 1);
constexpr std::span<const std::string_view> state_words(BackupStatus) {
    return kBackupStatusWords;
}

/// Only lasts while a flow works on the backup.
constexpr bool is_transient(BackupStatus status) {
    using enum BackupStatus;
    return lifecycle::StateSet{Creating, Restoring, Deleting}.contains(status);
}

}  // namespace virga::volume
