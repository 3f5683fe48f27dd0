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
