#pragma once
#include <array>

/// Every kind of flow of compute. Kinds are stored, and shown by `virga trace`.
namespace virga::compute::flow_kind {

inline constexpr const char* kBootServer = "boot_server";
inline constexpr const char* kDeleteServer = "delete_server";
inline constexpr const char* kStartServer = "start_server";
inline constexpr const char* kStopServer = "stop_server";
inline constexpr const char* kRebootServer = "reboot_server";
inline constexpr const char* kAttachVolume = "attach_volume";
inline constexpr const char* kDetachVolume = "detach_volume";
inline constexpr const char* kDetachInterface = "detach_interface";
inline constexpr const char* kRefreshNetwork = "refresh_network";
inline constexpr const char* kReconcileHost = "reconcile_host";
inline constexpr const char* kSyncPowerState = "sync_power_state";

inline constexpr std::array kAll{kBootServer,     kDeleteServer,  kStartServer,   kStopServer,
                                 kRebootServer,   kAttachVolume,  kDetachVolume,  kDetachInterface,
                                 kRefreshNetwork, kReconcileHost, kSyncPowerState};

}  // namespace virga::compute::flow_kind
