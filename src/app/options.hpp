#pragma once
#include <string>
#include <vector>

#include "config/config.hpp"
#include "config/forms.hpp"
#include "http/base_url.hpp"

namespace virga::app {

namespace setting {
inline const config::Setting<std::string> listen{"http.listen", std::string("127.0.0.1:8774"),
                                                 "Address and port of all APIs, `address:port`."};
inline const config::Setting<std::int64_t> http_threads{
    "http.threads", 8, {1, config::kMaxThreads}, "API requests that are worked on at once."};
inline const config::Setting<std::string> control_user{
    "control.user", std::string("virga"),
    "User that the control process runs as when it is started by root, which must not be anybody else's."};
inline const config::Setting<std::int64_t> flow_threads{
    "control.flow_threads",
    32,
    {1, config::kMaxThreads},
    "Flow tasks that run at once; a project has at most half of these threads."};
inline const config::Setting<std::string> database_url{
    "database.url", std::string(),
    "Where the state of the cloud is: postgresql://USER:PASSWORD@HOST:PORT/DATABASE; empty: a SQLite file in the state "
    "folder."};
inline const config::Setting<std::int64_t> database_connections{
    "database.connections", 20, {2, 1000}, "Connections to a PostgreSQL server that are open at once."};
inline const config::Setting<std::int64_t> keep_flows_days{
    "control.keep_flows_days",
    90,
    {-1, config::kCentury_days},
    "Days that ended flows, which `virga trace` shows, and the actions of deleted servers are kept; -1: for ever."};
inline const config::Setting<std::string> host_name{"host.name", std::string(), config::kHost,
                                                    "Name of this host; empty: the machine's host name."};
inline const config::Setting<config::List> host_control_urls{
    "host.control_urls", config::List{}, config::Form{"http[s]://NAME:PORT without a path", http::is_base_url},
    "URLs under which this host reaches the control processes, for data of images where it doesn't see the folder of "
    "the image store (`image.folder`); tried in turn."};
inline const config::Setting<std::string> host_control_ca{
    "host.control_ca", std::string(),
    "PEM file of the authority of the certificates at `host.control_urls`; empty: those that the system trusts."};
inline const config::Setting<std::int64_t> host_threads{
    "host.threads",
    16,
    {1, config::kMaxThreads},
    "Short commands that a host works on at once; a project has at most half of these threads."};
inline const config::Setting<std::int64_t> host_long_threads{
    "host.long_threads",
    8,
    {1, config::kMaxThreads},
    "Commands that may move whole disks (images, copies, backups) that a host works on at once; a project has at most "
    "half of these threads."};
inline const config::Setting<std::string> helper_user{
    "host.helper_user", std::string("virga-helper"),
    "User that programs run as which read what users and guests wrote, such as qemu-img; it must own nothing."};
inline const config::Setting<bool> sandbox{
    "host.sandbox", true,
    "Run these programs in a sandbox; where it can't be made, a host doesn't start. false: they run as root."};
inline const config::Setting<std::int64_t> reserved_space{
    "host.reserved_space_bytes",
    std::int64_t{1} << 30,
    {0, config::kMaxBytes},
    "Bytes that volumes, cached images and disks of servers leave free on the disk of the state folder, whose database "
    "must be able to write. What sparse files grow later isn't stopped."};
inline const config::Setting<std::string> log_level{"log.level", std::string("info"),
                                                    config::OneOf{"debug", "info", "warning", "error"},
                                                    "Least level that is logged."};
}  // namespace setting

/// What the command line gives to serve, control and host.
struct Options {
    std::string config_file;
    std::string state_dir = "/var/lib/virga";
    std::string listen;             ///< overrides http.listen
    std::vector<std::string> sets;  ///< "key=value"
    int notify_fd = -1;             ///< of this process alone: see Announcer

    /// Defaults, then the file, then the overrides. Throws Error{InvalidInput}.
    config::Config load() const;
    /// The same options for a child process.
    std::vector<std::string> arguments() const;

    // The state folder. `control/` belongs to the unprivileged control process, `host/` to the host process: neither
    // can replace what the other trusts.
    std::string control_dir() const { return state_dir + "/control"; }
    std::string host_dir() const { return state_dir + "/host"; }
    std::string socket_path() const { return control_dir() + "/rpc.sock"; }
    std::string openrc_path() const { return control_dir() + "/openrc"; }
    std::string ready_path() const { return control_dir() + "/ready"; }
    std::string database_file() const { return control_dir() + "/virga.db"; }
    std::string database_file_url() const { return "sqlite://" + database_file(); }
};

/// What control knows this host by: host.name, or the machine's name.
std::string host_name(const config::Config& config);
/// As root: throws Error{InvalidInput} when there is no user as whom the control process is to run.
void check_control_user(const config::Config& config);
/// Makes the state folder with its two halves. Harmless when repeated.
void prepare_state_dir(const Options& options);
/// Takes the lock of one half; a second process gets Error{Busy}. The lock lasts as long as the process.
void lock_folder(const std::string& folder);
/// Locks control/; as root, gives it to `control_user` and becomes him for good. New files are nobody else's.
/// Error{Busy}: a control process works there. Error{InvalidInput}: that user can't reach it.
void enter_control_dir(const Options& options, const config::Config& config);

}  // namespace virga::app
