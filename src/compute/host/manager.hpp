#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "compute/host/context.hpp"
#include "config/config.hpp"
#include "network/host/taps.hpp"
#include "rpc/rpc.hpp"

namespace virga::compute::host {

/// Folders of the other services, outside of which no path of a command may lead.
struct Folders {
    disk::ImageAccess images;          ///< where the data of images are
    std::vector<std::string> volumes;  ///< where files of volumes are, and shares are mounted
    std::vector<disk::Share> shares;   ///< that this host's own configuration names
};

/// A host that runs servers: answers the commands of compute/host_commands.hpp. Everything it knows is on disk below
/// `state_dir` and in the hypervisor; a new process carries on where a killed one was.
class Manager {
public:
    /// Throws Error{InvalidInput} for settings that don't work. `config` and `taps` must outlive it.
    Manager(const config::Config& config, std::string state_dir, std::string host_name, network::host::Taps& taps,
            const Folders& folders);
    ~Manager();

    /// Also sends guest.changed events through this endpoint, which must outlive stop().
    void register_commands(rpc::HostEndpoint& endpoint);
    /// The handlers themselves, by command.
    CommandTable commands();
    using Publish = std::function<void(std::string_view event, json::object params)>;
    /// Where events go; set before start().
    void publish_with(Publish publish);

    /// Opens the hypervisor; when it returns, guests of an earlier process are known. Throws Error{Unavailable}.
    void start();
    /// Guests keep running.
    void stop();
    /// What this host says of itself, but for the volume backends. Call after start().
    json::object report() const;
    virt::Driver& driver();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace virga::compute::host
