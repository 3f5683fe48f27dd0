#pragma once
#include <array>

/// Every kind of flow of block storage. Kinds are stored, and shown by `virga trace`.
namespace virga::volume::flow_kind {

inline constexpr const char* kCreateVolume = "create_volume";
inline constexpr const char* kDeleteVolume = "delete_volume";
inline constexpr const char* kExtendVolume = "extend_volume";
inline constexpr const char* kRetypeVolume = "retype_volume";
inline constexpr const char* kMigrateVolume = "migrate_volume";
inline constexpr const char* kReimageVolume = "reimage_volume";
inline constexpr const char* kRevertVolume = "revert_volume";
inline constexpr const char* kFlattenVolume = "flatten_volume";  ///< housekeeping: others don't wait for it
inline constexpr const char* kUploadImage = "upload_image";
inline constexpr const char* kManageVolume = "manage_volume";
inline constexpr const char* kUnmanageVolume = "unmanage_volume";
inline constexpr const char* kManageSnapshot = "manage_snapshot";
inline constexpr const char* kUnmanageSnapshot = "unmanage_snapshot";
inline constexpr const char* kCreateSnapshot = "create_snapshot";
inline constexpr const char* kDeleteSnapshot = "delete_snapshot";
inline constexpr const char* kCreateBackup = "create_backup";
inline constexpr const char* kDeleteBackup = "delete_backup";
inline constexpr const char* kRestoreBackup = "restore_backup";
inline constexpr const char* kImportBackup = "import_backup";
inline constexpr const char* kCreateGroup = "create_group";
inline constexpr const char* kCreateGroupFrom = "create_group_from_src";
inline constexpr const char* kDeleteGroup = "delete_group";
inline constexpr const char* kCreateGroupSnapshot = "create_group_snapshot";
inline constexpr const char* kDeleteGroupSnapshot = "delete_group_snapshot";

inline constexpr std::array kAll{
    kCreateVolume,     kDeleteVolume,   kExtendVolume,    kRetypeVolume, kMigrateVolume,       kReimageVolume,
    kRevertVolume,     kFlattenVolume,  kUploadImage,     kManageVolume, kUnmanageVolume,      kManageSnapshot,
    kUnmanageSnapshot, kCreateSnapshot, kDeleteSnapshot,  kCreateBackup, kDeleteBackup,        kRestoreBackup,
    kImportBackup,     kCreateGroup,    kCreateGroupFrom, kDeleteGroup,  kCreateGroupSnapshot, kDeleteGroupSnapshot};

}  // namespace virga::volume::flow_kind
