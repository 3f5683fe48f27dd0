#pragma once
#include <memory>
#include <string>
#include <vector>

#include "network/nic.hpp"
#include "rpc/rpc.hpp"

namespace virga::network::host {

/// Makes and removes bridges and taps by netlink and ioctl (no process is started). Thread-safe.
/// With `enabled` false (fake hypervisor, or no privilege) it keeps a list in memory only.
class Taps {
public:
    /// `state_dir` keeps a record of the taps that were made, so that the inventory survives a restart.
    Taps(bool enabled, std::string state_dir);
    ~Taps();
    void plug(const std::vector<Nic>& nics);
    /// The last tap of a bridge takes it along. A nic without a bridge is of the one that its tap is part of.
    void unplug(const std::vector<Nic>& nics);
    /// Of guests that run: those of the taps that have no rules against forged frames get them.
    void protect(const std::vector<Nic>& nics);
    /// Taps whose guests could send in others' names.
    std::vector<std::string> unprotected() const;
    std::vector<std::string> inventory() const;

    void register_commands(rpc::HostEndpoint& endpoint);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace virga::network::host
