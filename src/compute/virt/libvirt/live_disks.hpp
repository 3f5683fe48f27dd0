#pragma once
#include <functional>
#include <string>
#include <vector>

#include "compute/virt/driver.hpp"
#include "compute/virt/libvirt/connection.hpp"

namespace virga::compute::virt::libvirt {

/// Changes of a volume's disk under a running guest; see Driver for what each of them means.
class LiveDisks {
public:
    explicit LiveDisks(Connection& connection) : connection_(connection) {}

    bool resize(const std::string& server_id, const std::string& volume_id, std::int64_t size_bytes);
    bool switch_to(const std::string& server_id, const std::string& volume_id, const DiskFile& file);
    bool commit(const std::string& server_id, const std::string& volume_id, const std::string& upper,
                const std::string& lower, const JobHooks& hooks);
    bool pull(const std::string& server_id, const std::string& volume_id, const std::string& lower,
              const std::string& below, const JobHooks& hooks);
    std::vector<std::string> chain(const std::string& server_id, const std::string& volume_id);

private:
    /// A running guest's disk.
    struct Disk {
        DomainHandle domain;
        std::string server_id;
        std::string target;  ///< "vdb"
        std::string alias;
        std::string format;              ///< of the active file
        std::vector<std::string> files;  ///< as the emulator has them open
        bool exported = false;           ///< by another host
    };
    /// nullopt when no running guest has the volume.
    std::optional<Disk> find(const std::string& server_id, const std::string& volume_id);
    /// Makes it that large; false: the emulator refuses.
    bool grow(const Disk& disk, unsigned long long size_bytes);
    /// Runs a job that takes `file` out of the chain, joining one that runs. False: the guest is gone.
    bool take_out(const std::string& server_id, const std::string& volume_id, const std::string& file,
                  const JobHooks& hooks, const std::function<int(const Disk&)>& start);
    void await_job(const Disk& disk, const JobHooks& hooks);

    Connection& connection_;
};

/// Ends the job that runs on a disk, if any; the chain is as before it.
void end_job(virDomainPtr domain, const std::string& target);

}  // namespace virga::compute::virt::libvirt
