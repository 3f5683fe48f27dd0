#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/secret.hpp"
#include "compute/host/images/base_folder.hpp"
#include "compute/host/images/blank_bases.hpp"
#include "compute/host/images/image_backend.hpp"
#include "compute/host/images/image_cache.hpp"
#include "compute/host/named_locks.hpp"
#include "compute/host/server_folder.hpp"
#include "compute/virt/driver.hpp"
#include "disk/image_access.hpp"
#include "disk/root.hpp"
#include "disk/share_mount.hpp"
#include "network/host/taps.hpp"
#include "rpc/rpc.hpp"

namespace virga::compute::host {

/// What the commands of one host share. Lock order: a server's lock, then a base's.
struct Context {
    std::string instances;  ///< folder of the servers' folders and of _base
    disk::ImageAccess images;
    disk::Roots volumes;                    ///< where files of volumes may be
    std::vector<std::string> mount_points;  ///< folders in which shares may be mounted
    std::vector<disk::Share> shares;        ///< of this host's own configuration
    bool reaches_exports;                   ///< it has certificates for disks that other hosts export
    network::host::Taps& taps;
    std::unique_ptr<virt::Driver> driver;
    BaseFolder bases;
    BlankBases blanks;
    std::unique_ptr<ImageCache> cache;
    std::unique_ptr<ImageBackend> backend;
    NamedLocks servers;

    ServerFolder folder(const std::string& server_id) const { return {instances, server_id}; }
};

using CommandTable = std::map<std::string, rpc::CommandHandler>;

// One function per file of commands/.
void add_image_commands(CommandTable& table, Context& context);
void add_disk_commands(CommandTable& table, Context& context);
void add_config_drive_commands(CommandTable& table, Context& context);
void add_guest_commands(CommandTable& table, Context& context);
void add_power_commands(CommandTable& table, Context& context);
void add_volume_commands(CommandTable& table, Context& context);
void add_nic_commands(CommandTable& table, Context& context);
void add_console_commands(CommandTable& table, Context& context);
void add_query_commands(CommandTable& table, Context& context);

/// The id of a command's server, checked and in canonical form. Throws Error{InvalidInput}.
std::string server_of(const json::object& params);
GuestSpec guest_of(const json::object& params);
/// The id of a command's volume, as server_of.
std::string volume_of(const json::object& params);
/// Keys of encrypted volumes, by volume id: `keys` of the command.
std::map<std::string, Secret> keys_of(const json::object& params);
FetchHooks hooks_of(const rpc::Command& call);
/// {power_state} of a server's guest.
json::object power_state_reply(Context& context, const std::string& server_id);

}  // namespace virga::compute::host
