#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "app/announcer.hpp"
#include "app/options.hpp"
#include "app/policy.hpp"

/// The sub-commands of the program. Each returns the exit status of the process.
namespace virga::app {

/// Exit status of a process that can't start as it was told to: wrong settings, a folder in use, an address that is
/// taken. Starting it again would not help.
inline constexpr int kExitMisconfigured = 78;

/// A small parent that starts `virga control` and `virga host`, and starts them again when they end. It is the reaper
/// of the guests' processes, so that libvirt sees the end of one at once. Announces that it is ready when both are.
int serve(const Options& options, Announcer& announcer);
/// Ready: the API answers.
int control(const Options& options, Announcer& announcer);
/// Ready: it can take commands, and the control process knows that.
int host(const Options& options, Announcer& announcer);

/// Prints what happened to servers or volumes: one as a list with decisions, several side by side.
int trace(const Options& options, const std::vector<std::string>& ids);
/// Follows what happens to a server, volume, snapshot or backup until it has ended: each task when it ends, and a bar
/// for copying (on a terminal) or a line per ten per cent. 1 when a flow failed.
int follow(const Options& options, const std::string& id);
/// Prints a token with which one machine can join the cloud as the host `name`.
int invite_host(const Options& options, const std::string& name);
/// The host is none of the cloud any more.
int revoke_host(const Options& options, const std::string& name);
/// Prints the hosts that were invited, and what became of it.
int list_host_keys(const Options& options);
/// Makes this machine a host of the cloud at `url`, and keeps its key in the state folder.
/// Error{Busy}: a host runs there.
int join_cloud(const Options& options, const std::string& url, const std::string& token, const std::string& ca_file);
/// Makes the keys of a cloud, or takes those that are in `folder`, and writes what NATS servers and control processes
/// need there.
int init_nats(const Options& options, const std::string& folder);

/// Prints who may do what. Needs no running cloud: the routes are those of this program.
int policy(PolicyForm form);
/// Prints each difference between the database and reality; 0 when there is none.
int check(const Options& options);

/// Copies the state of the stopped cloud from one database into another, empty one, and prints how much. Empty URLs:
/// from the SQLite file of the state folder, to what `database.url` says.
int copy_database(const Options& options, const std::string& from_url, const std::string& to_url);

/// Blocks SIGTERM and SIGINT in this thread and those that it starts; call first.
void block_stop_signals();
/// Returns when SIGTERM or SIGINT comes (true) or the time is over (false).
bool wait_for_stop_signal(std::chrono::seconds at_most = std::chrono::hours(24 * 365));

}  // namespace virga::app
