#pragma once
#include <functional>
#include <optional>
#include <string>

#include "compute/virt/libvirt/connection.hpp"
#include "compute/virt/libvirt/xml/disk.hpp"

namespace virga::compute::virt::libvirt {

/// Disks of running guests that move to another file; see Driver for what each function means. A mirror lives in the
/// guest's emulator: it goes on while the host is away, and is found again by what the guest's definition shows.
class DiskMirrors {
public:
    explicit DiskMirrors(Connection& connection) : connection_(connection) {}

    bool make(const std::string& server_id, const std::string& volume_id, const DiskFile& file, const JobHooks& hooks);
    bool pivot(const std::string& server_id, const std::string& volume_id, const DiskFile& file);
    bool end(const std::string& server_id, const std::string& volume_id);

private:
    /// A running guest's disk.
    struct Disk : DefinedDisk {
        DomainHandle domain;
    };
    /// nullopt when no running guest has the volume.
    std::optional<Disk> find(const std::string& server_id, const std::string& volume_id);
    /// Whether something failed because the guest ended: its mirrors go a little before it is known to be gone.
    bool has_ended(const Disk& disk);
    /// Until the mirror is complete, or gone.
    void await_ready(const Disk& disk, const DiskFile& file, const JobHooks& hooks);

    Connection& connection_;
};

}  // namespace virga::compute::virt::libvirt
