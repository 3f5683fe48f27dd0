#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "compute/model/block_device.hpp"
#include "compute/model/server.hpp"
#include "compute/settings.hpp"
#include "config/config.hpp"
#include "db/database.hpp"
#include "identity/service.hpp"
#include "image/service.hpp"
#include "network/service.hpp"
#include "rpc/rpc.hpp"
#include "taskflow/runner.hpp"
#include "volume/service.hpp"

/// What the API starts. Each function runs in the API's transaction: it makes the state change (compare and swap), the
/// action record and the flow, or throws and nothing happened.
namespace virga::compute::flows {

/// Up to which rpc::Caller::version() the rows of hosts say what hosts said; 0: not known.
struct RecordedHosts {
    std::atomic<std::uint64_t> version{0};
};

/// What flows and their tasks work with; lives as long as the service.
struct Dependencies {
    db::Database& db;
    const config::Config& config;
    image::Service& images;
    volume::Service& volumes;
    network::Service& networks;
    rpc::Caller& hosts;
    taskflow::Runner& runner;
    std::shared_ptr<RecordedHosts> recorded_hosts = std::make_shared<RecordedHosts>();
};

/// Registers every task of this folder.
void register_tasks(taskflow::Registry& registry, Dependencies& dependencies);

struct BootRequest {
    Server server;  ///< checked and complete but for host; not yet inserted
    std::vector<BlockDevice>
        block_devices;  ///< merged, validated, in order; ids set; attachments of existing volumes not yet reserved
    std::vector<network::NicRequest> nics;
    std::vector<std::string> security_group_ids;
    std::vector<std::string> decisions;       ///< sentences of compute.api.create: which way it goes, and why
    std::string config_drive_reason;          ///< why there is or is no config drive, for the decision of its task
    std::vector<std::string> same_host;       ///< ids of servers whose host it shall be on: one of them
    std::vector<std::string> different_host;  ///< ids of servers whose hosts it shall not be on
    std::string wanted_host;  ///< from availability_zone "zone:host" or `host`; empty: the scheduler's choice
};
/// Inserts the server (building/scheduling), its block devices and action, reserves existing volumes and claims ports
/// and addresses (all or none), starts boot_server. Block devices get their position from their order.
/// Error{InvalidInput}: a volume is named twice, or its status forbids it; or as network::Service::claim.
void boot(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const BootRequest& request);

/// Any state. Cancels a running boot or other flow, which reverts first; then deletes. Repeats are harmless.
void remove(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const ServerId& server);

void start(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const ServerId& server);
void stop(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const ServerId& server);
/// `type` is SOFT or HARD.
void reboot(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const ServerId& server,
            const std::string& type);

/// Inserts the block device (named), reserves the volume, starts attach_volume. Returns the block device as it was
/// inserted.
BlockDevice attach_volume(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const ServerId& server,
                          const VolumeId& volume, const std::string& device_name, const std::string& tag,
                          bool delete_on_termination);
void detach_volume(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const ServerId& server,
                   const VolumeId& volume);

/// What a host tells of a guest that changed by itself (power off inside, crash): brings vm_state and power_state in
/// line.
/// A change of vm_state is confirmed with the host first (flow sync_power_state), and never disturbs a running flow.
void guest_changed(Dependencies& d, const std::string& host, const ServerId& server, PowerState state);

/// Called when a host came up: starts the flow reconcile_host, which removes guests, folders and taps of servers that
/// were deleted or are known to have nothing on this host (what a delete left while the host was down), and marks
/// servers whose guests died with the machine as stopped. Guests of servers that are on no record are left alone, for
/// `virga check` to report. Repeats are harmless.
void reconcile_host(Dependencies& d, const std::string& host);

}  // namespace virga::compute::flows
