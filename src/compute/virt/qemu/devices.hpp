#pragma once
#include <string>

#include "compute/host_commands.hpp"
#include "disk/format.hpp"

/// What QEMU gives a guest for what its image asks, and what it can't do.
namespace virga::compute::virt::qemu {

/// The image's machine type, or else the host's.
std::string machine_of(const GuestSpec& guest, const std::string& default_machine);
bool uses_agent(const GuestSpec& guest);
bool uses_uefi(const GuestSpec& guest);

std::string disk_bus(const GuestDisk& disk);
bool is_read_only(const GuestDisk& disk);
/// Several guests may write to it. Only to a raw file: in a qcow2 each would overwrite the other's tables.
bool is_shareable(const GuestDisk& disk, disk::Format format);

std::string nic_model(const GuestSpec& guest);
/// Empty: the guest needs no SCSI controller.
std::string scsi_model(const GuestSpec& guest);
/// Empty: none.
std::string video_model(const GuestSpec& guest);
/// What the watchdog does to a guest that hangs; empty: there is none.
std::string watchdog_action(const GuestSpec& guest);
inline constexpr const char* kWatchdogModel = "i6300esb";
/// Where the agent in the guest listens.
inline constexpr const char* kAgentChannel = "org.qemu.guest_agent.0";

}  // namespace virga::compute::virt::qemu
