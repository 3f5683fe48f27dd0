#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "compute/disk_name.hpp"
#include "image/image_source.hpp"
#include "network/nic.hpp"

/// Commands of the compute service to a host that runs servers. Header only: shared by both sides of the RPC.
/// Every command is idempotent. Commands on one server run one after the other on the host, but for those that merge
/// layers or copy a disk: they may take hours, so others go on beside them and end them where they have to.
///
/// A command that starts a guest, plugs a disk or snapshots one has `keys: {volume_id: key}` beside its parameters: of
/// those volumes that are encrypted. They are passphrases, and not part of a GuestSpec or GuestDisk, which are
/// recorded.
namespace virga::compute {

/// A disk as the guest sees it.
struct GuestDisk {
    std::string kind;         ///< root, ephemeral, swap, config (local files of the server) or volume
    std::string device_name;  ///< "vda"; empty for the config drive, which the driver names
    std::string disk_bus = "virtio";
    std::string device_type = "disk";
    std::int64_t boot_index = -1;
    // local disks: file in the server's folder and size
    std::optional<DiskName> file;
    std::int64_t size_mib = 0;
    // volumes
    std::string volume_id;
    json::object connection_info;  ///< as the volume service returned it: data.path, data.format, serial

    json::object to_json() const {
        return {{"kind", kind},
                {"device_name", device_name},
                {"disk_bus", disk_bus},
                {"device_type", device_type},
                {"boot_index", boot_index},
                {"file", file ? file->text() : std::string()},
                {"size_mib", size_mib},
                {"volume_id", volume_id},
                {"connection_info", connection_info}};
    }
    /// Throws Error{InvalidInput} for a `file` that is no DiskName.
    static GuestDisk from_json(const json::object& o) {
        const auto file = get_string(o, "file");
        return {get_string(o, "kind"),
                get_string(o, "device_name"),
                get_string(o, "disk_bus", "virtio"),
                get_string(o, "device_type", "disk"),
                get_int(o, "boot_index", -1),
                file.empty() ? std::nullopt : std::optional(DiskName::parse(file)),
                get_int(o, "size_mib"),
                get_string(o, "volume_id"),
                get_object(o, "connection_info")};
    }
};

/// All that a hypervisor driver needs to make a guest.
struct GuestSpec {
    std::string server_id;
    std::string name;
    std::int64_t vcpus = 1;
    std::int64_t memory_mib = 0;
    std::vector<GuestDisk> disks;
    std::vector<network::Nic> nics;
    json::object image_properties;  ///< as guest_hardware() gives them
    std::string project_id;
    std::string user_id;
    std::string flavor_name;

    json::object to_json() const {
        json::array disk_list;
        for (const auto& disk : disks) disk_list.push_back(disk.to_json());
        json::array nic_list;
        for (const auto& nic : nics) nic_list.push_back(nic.to_json());
        return {{"server_id", server_id},
                {"name", name},
                {"vcpus", vcpus},
                {"memory_mib", memory_mib},
                {"disks", std::move(disk_list)},
                {"nics", std::move(nic_list)},
                {"image_properties", image_properties},
                {"project_id", project_id},
                {"user_id", user_id},
                {"flavor_name", flavor_name}};
    }
    static GuestSpec from_json(const json::object& o) {
        GuestSpec spec{get_string(o, "server_id"),
                       get_string(o, "name"),
                       get_int(o, "vcpus", 1),
                       get_int(o, "memory_mib"),
                       {},
                       {},
                       get_object(o, "image_properties"),
                       get_string(o, "project_id"),
                       get_string(o, "user_id"),
                       get_string(o, "flavor_name")};
        for (const auto& disk : get_objects(o, "disks")) spec.disks.push_back(GuestDisk::from_json(disk));
        for (const auto& nic : get_objects(o, "nics")) spec.nics.push_back(network::Nic::from_json(nic));
        return spec;
    }
};

namespace command {
/// {image: ImageSource, max_virtual_size_bytes} -> {base_path, format, virtual_size_bytes, cache_hit: bool,
/// copied_bytes}. Fetches the image into <instances>/_base/<sha1(image id)> unless it is there; single flight per
/// image. Long; may be cancelled. Errors: NotFound (data gone), InvalidInput (unacceptable), Corrupt, NoSpace,
/// Cancelled.
inline constexpr const char* kFetchImage = "compute.fetch_image";
/// {server_id, image_id (empty: booted from volume), root_size_mib (0: the image's size), disks: [GuestDisk of kind
/// root/ephemeral/swap]}
/// -> {backend: "Qcow2"|"Raw", disks: [{file, format, path}]}. Makes the local disks: the root as an overlay on (or
/// copy of) the base, ephemeral and swap formatted. Records each format in disk.info. Errors: NotFound (base gone:
/// fetch again), NoSpace.
inline constexpr const char* kCreateDisks = "compute.create_disks";
/// {server_id, label, files: [{paths: [text], content: base64}]} -> {bytes}. Makes disk.config, an ISO 9660 image with
/// these files, readable by the host's user only; one that is there is replaced. Send it before the guest is started.
/// Errors: InvalidInput (a path, the label or the base64), NoSpace.
inline constexpr const char* kCreateConfigDrive = "compute.create_config_drive";
/// {guest: GuestSpec} -> {power_state, define_us, create_us, already_running: bool}. Defines and starts the guest;
/// finds one that is there already.
inline constexpr const char* kSpawn = "compute.spawn";
/// {server_id, nics: [Nic]} -> {}. Ends the guest, removes its definition and its taps. The files of the server stay:
/// it may go on here or elsewhere. Success when there is none.
inline constexpr const char* kDestroyGuest = "compute.destroy_guest";
/// {server_id} -> {}. Removes all files that the server has on this host. A guest that is still there is ended first,
/// so that nobody writes to what is removed, and the taps that the files tell of go too. Success when there is nothing.
inline constexpr const char* kRemoveServerFiles = "compute.remove_server_files";
/// {guest: GuestSpec} -> {power_state}
inline constexpr const char* kPowerOn = "compute.power_on";
/// {server_id, timeout_s} -> {power_state}. ACPI first when timeout_s > 0, then hard.
inline constexpr const char* kPowerOff = "compute.power_off";
/// {guest: GuestSpec, type: SOFT|HARD} -> {power_state}
inline constexpr const char* kReboot = "compute.reboot";
/// {server_id, disk: GuestDisk} -> {}: hot (or into a stopped guest's definition). Finds one that is there already.
inline constexpr const char* kAttachDisk = "compute.attach_disk";
/// {server_id, volume_id} -> {}: returns when the guest has let go of it. Success when it isn't there. Busy: the guest
/// refuses.
inline constexpr const char* kDetachDisk = "compute.detach_disk";
/// {server_id, nic: Nic} -> {}: returns when the guest has let go of the device and its tap is removed. Success when
/// neither is there. Busy: the guest refuses.
inline constexpr const char* kDetachNic = "compute.detach_nic";
/// {server_id, volume_id, size_bytes} -> {running: bool}: a running guest sees its disk with this size at once, the
/// file has grown with it. running false: no running guest has the volume, nothing was done.
inline constexpr const char* kResizeDisk = "compute.resize_disk";
/// {server_id, volume_id, file: {path, format}} -> {running}: a running guest goes on in this file, an empty qcow2
/// overlay with the present one somewhere beneath it. All that it wrote before stays there.
inline constexpr const char* kSnapshotDisk = "compute.snapshot_disk";
/// {server_id, volume_id, upper, lower} -> {running}: merges a layer beneath the active one into the one beneath
/// itself, while the guest runs. Paths. Long: reports progress; cancelled, the chain is as before.
inline constexpr const char* kCommitDisk = "compute.commit_disk";
/// {server_id, volume_id, lower, below} -> {running}: takes the content of the layer beneath the active one into the
/// active one, which then stands on `below` (empty: on nothing). Long, as kCommitDisk.
inline constexpr const char* kPullDisk = "compute.pull_disk";
/// {server_id, disk: GuestDisk} -> {running}: copies the disk of a running guest into this one, an empty one of the
/// same size for the same volume, and has the guest write to both: they are the same when this returns, and stay so.
/// Long, as kCommitDisk; cancelled, nothing is written to the other one any more.
inline constexpr const char* kMirrorDisk = "compute.mirror_disk";
/// {server_id, disk: GuestDisk} -> {running}: a running guest goes on in this disk, its complete mirror. Conflict: it
/// has no such mirror, and is not in it already.
inline constexpr const char* kPivotDisk = "compute.pivot_disk";
/// {server_id, volume_id} -> {running}: ends a mirror, the guest goes on in the disk that it has.
inline constexpr const char* kEndMirror = "compute.end_mirror";
/// {server_id, max_bytes (0: all)} -> {output: base64}: the end of the console log.
inline constexpr const char* kConsoleOutput = "compute.console_output";
/// {server_id} -> {power_state, exists: bool}
inline constexpr const char* kServerState = "compute.server_state";
/// {} -> {servers: [{id, power_state, volumes: [volume id], excess_rights: "as root" or empty}], folders: [server id],
/// taps: {server id: [tap]}, bases: [{image_sha1, bytes}]}. `taps` are those that the servers' guests were last started
/// with, as their folders tell.
inline constexpr const char* kInventory = "compute.inventory";
}  // namespace command

/// Event of a host: {server_id, power_state}.
inline constexpr const char* kGuestChangedEvent = "guest.changed";

/// What a host reports of itself (rpc::HostEndpoint::report_with): {vcpus, memory_mib, disk_gib, free_disk_gib,
/// hypervisor_type, hypervisor_version, zone, backends: [{name, driver, total_gib, free_gib}]}

}  // namespace virga::compute
