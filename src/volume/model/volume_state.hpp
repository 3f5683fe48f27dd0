#pragma once
#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "lifecycle/state.hpp"

namespace virga::volume {

using lifecycle::text_of;
using lifecycle::word;

/// Cinder's statuses of volumes.
enum class VolumeStatus {
    Available,
    InUse,
    Error,
    ErrorRestoring,
    ErrorExtending,
    ErrorManaging,
    ErrorDeleting,
    ErrorAttaching,
    ErrorDetaching,
    Creating,
    Downloading,
    RestoringBackup,
    ErrorBackingUp,
    Reserved,
    Attaching,
    Detaching,
    Extending,
    Maintenance,
    Uploading,
    Retyping,
    Managing,
    BackingUp,
    Reverting,
    AwaitingTransfer,
    Unmanaging,
    Deleting
};

inline constexpr std::array<std::string_view, 26> kVolumeStatusWords{
    "available",        "in-use",          "error",           "error_restoring", "error_extending", "error_managing",
    "error_deleting",   "error_attaching", "error_detaching", "creating",        "downloading",     "restoring-backup",
    "error_backing-up", "reserved",        "attaching",       "detaching",       "extending",       "maintenance",
    "uploading",        "retyping",        "managing",        "backing-up",      "reverting",       "awaiting-transfer",
    "unmanaging",       "deleting"};
static_assert(kVolumeStatusWords.size() == static_cast<std::size_t>(VolumeStatus::Deleting) + 1);
constexpr std::span<const std::string_view> state_words(VolumeStatus) {
    return kVolumeStatusWords;
}

/// Of an attachment; and of a volume, which is as its attachments are.
enum class AttachStatus { Attached, Attaching, Detached, Detaching, ErrorAttaching, ErrorDetaching, Reserved };

inline constexpr std::array<std::string_view, 7> kAttachStatusWords{
    "attached", "attaching", "detached", "detaching", "error_attaching", "error_detaching", "reserved"};
static_assert(kAttachStatusWords.size() == static_cast<std::size_t>(AttachStatus::Reserved) + 1);
constexpr std::span<const std::string_view> state_words(AttachStatus) {
    return kAttachStatusWords;
}

/// Of a volume's last move to another backend.
enum class MigrationStatus { None, Starting, Migrating, Completing, Success, Error };

inline constexpr std::array<std::string_view, 6> kMigrationStatusWords{"",           "starting", "migrating",
                                                                       "completing", "success",  "error"};
static_assert(kMigrationStatusWords.size() == static_cast<std::size_t>(MigrationStatus::Error) + 1);
constexpr std::span<const std::string_view> state_words(MigrationStatus) {
    return kMigrationStatusWords;
}

/// Only lasts while a flow or an attachment works on the volume.
constexpr bool is_transient(VolumeStatus status) {
    using enum VolumeStatus;
    return lifecycle::StateSet{Creating, Downloading, Deleting,  Attaching,       Detaching, Extending, Reserved,
                               Retyping, Uploading,   BackingUp, RestoringBackup, Reverting, Managing,  Unmanaging}
        .contains(status);
}
constexpr bool is_error(VolumeStatus status) {
    return word(status).starts_with("error");
}
constexpr bool is_error(AttachStatus status) {
    return word(status).starts_with("error");
}

}  // namespace virga::volume
