#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.hpp"
#include "compute/host_commands.hpp"
#include "disk/format.hpp"

namespace virga::compute::virt {

struct GuestState {
    bool exists = false;
    int power_state = 0;  ///< Nova's numbers, see model/server.hpp
};

struct GuestInfo {
    std::string server_id;
    int power_state = 0;
    std::vector<std::string> volumes;  ///< ids of the volumes in its definition
    std::vector<std::string> macs;     ///< of the network devices in its definition
    std::string excess_rights = {};    ///< "as root": what its emulator may do beyond what it needs; empty: nothing
};

/// What a driver can do. A conformance test may accept NotSupported only where the flag is false.
struct Capabilities {
    bool attach_while_running = false;
    bool console_output = false;
    bool acpi_power_off = false;
    bool live_disks = false;   ///< resize_disk, snapshot_disk, commit_disk, pull_disk, mirror_disk and pivot_disk
    bool real_guests = false;  ///< false: a guest is a record only: disks are never opened, nothing is written

    bool operator==(const Capabilities&) const = default;
};

struct SpawnTimes {
    std::int64_t define_us = 0;
    std::int64_t create_us = 0;
    bool already_running = false;
};

/// A disk that another host exports by NBD over TLS: the guest's emulator connects to it.
struct NbdExport {
    std::string host;
    std::uint16_t port = 0;
    std::string name;
};

/// Absolute path and format of a disk, resolved by the host before the driver sees it.
struct DiskFile {
    std::string path;                         ///< empty: the disk is `nbd`, and no file of this host
    disk::Format format = disk::Format::Raw;  ///< given to the hypervisor as it is, never probed
    std::string serial;                       ///< volume id, or empty
    Secret key = {};                          ///< of an encrypted volume: opens every qcow2 that the disk consists of
    std::string secret = {};                  ///< libvirt's name of the key; set by that driver
    std::optional<NbdExport> nbd = {};        ///< raw, whatever it is on the other host
};

/// How long work on a running guest's disk talks to its caller, about once per second. Both may be empty.
struct JobHooks {
    std::function<bool()> cancelled;
    std::function<void(std::int64_t done_bytes, std::int64_t total_bytes)> progress;
};

/// A hypervisor. Every method is idempotent and may be called from several threads; calls for one server come one at a
/// time, but for commit_disk, pull_disk and mirror_disk, which others of the same server may overtake. Errors:
/// Error{Internal or InvalidInput} with the hypervisor's reason in the message; Unavailable when it doesn't answer.
class Driver {
public:
    using Changed = std::function<void(const std::string& server_id, int power_state)>;

    virtual ~Driver() = default;
    virtual std::string type() const = 0;  ///< "QEMU", "fake"
    virtual std::int64_t version() const = 0;
    virtual Capabilities capabilities() const = 0;
    /// After start(): what this machine has nothing of to confine guests, and why; a sentence each.
    virtual std::vector<std::string> lacks() const { return {}; }
    /// `changed` is called when a guest starts, stops or crashes, by itself or by us.
    virtual void start(Changed changed) = 0;
    virtual void stop() = 0;  ///< guests keep running

    /// Defines and starts. A running guest of that id is left alone. On failure nothing is left defined.
    virtual SpawnTimes spawn(const GuestSpec& guest, const std::vector<DiskFile>& files,
                             const std::string& console_log) = 0;
    /// Ends it and removes the definition. Nothing happens when it isn't there.
    virtual void destroy(const std::string& server_id) = 0;
    virtual void power_on(const GuestSpec& guest, const std::vector<DiskFile>& files,
                          const std::string& console_log) = 0;
    virtual void power_off(const std::string& server_id, int timeout_s) = 0;
    virtual void reboot(const GuestSpec& guest, const std::vector<DiskFile>& files, const std::string& console_log,
                        bool hard) = 0;
    virtual void attach_disk(const std::string& server_id, const GuestDisk& disk, const DiskFile& file) = 0;
    /// Returns when the guest has let go. Error{Busy} when it refuses for 20 s. Nothing happens when it isn't there.
    virtual void detach_disk(const std::string& server_id, const std::string& volume_id) = 0;
    /// As detach_disk, for the network device with this MAC.
    virtual void detach_nic(const std::string& server_id, const std::string& mac) = 0;

    // Those below change a volume's disk under a running guest. They return false, and nothing is done, when no
    // running guest of that server has the volume.

    /// Grows the file, and the guest sees the new size at once. A size that it has already or more changes nothing.
    virtual bool resize_disk(const std::string& server_id, const std::string& volume_id, std::int64_t size_bytes) = 0;
    /// The guest goes on in `file`, an empty qcow2 overlay that has the file which the guest writes to now somewhere in
    /// its chain, with nothing but empty layers in between. Nothing happens when it is in that file, or above it,
    /// already. Conflict: the two have nothing to do with each other.
    virtual bool snapshot_disk(const std::string& server_id, const std::string& volume_id, const DiskFile& file) = 0;
    /// Merges `upper`, a layer beneath the active one, into `lower`, the layer beneath it; whatever stood on `upper`
    /// stands on `lower` then. Both are absolute paths. Done already when `upper` is not in the chain. The chain reads
    /// the same at every instant, also after a failure, Cancelled, or the end of the host or the guest in the middle.
    virtual bool commit_disk(const std::string& server_id, const std::string& volume_id, const std::string& upper,
                             const std::string& lower, const JobHooks& hooks) = 0;
    /// Takes the content of `lower`, the layer beneath the active one, into the active one, which stands on `below`
    /// then (empty: on nothing). As commit_disk.
    virtual bool pull_disk(const std::string& server_id, const std::string& volume_id, const std::string& lower,
                           const std::string& below, const JobHooks& hooks) = 0;
    /// Copies the disk into `file`, an empty disk of its size, and has the guest write to both from then on. Returns
    /// when both are the same, which they are at every instant until pivot_disk, end_mirror, or the end of the guest.
    /// Done already when the guest is in that file. Joins a mirror into this file that an earlier call began. On
    /// failure or Cancelled nothing is written to `file` any more. Errors: Internal (the target failed).
    virtual bool mirror_disk(const std::string& server_id, const std::string& volume_id, const DiskFile& file,
                             const JobHooks& hooks) = 0;
    /// The guest goes on in `file`, its complete mirror; nothing happens when it is in that file. Conflict: it has no
    /// such mirror.
    virtual bool pivot_disk(const std::string& server_id, const std::string& volume_id, const DiskFile& file) = 0;
    /// Ends a mirror, complete or not, if there is one; the guest goes on in the file that it has.
    virtual bool end_mirror(const std::string& server_id, const std::string& volume_id) = 0;
    /// Files that a running guest has open for a volume, the active one first; empty when none has it.
    virtual std::vector<std::string> disk_chain(const std::string& server_id, const std::string& volume_id) = 0;
    virtual GuestState state(const std::string& server_id) = 0;
    virtual std::vector<GuestInfo> list() = 0;
};

}  // namespace virga::compute::virt
