#pragma once
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "volume/host/exports/running_process.hpp"

/// The program that exports one volume: qemu-storage-daemon, by NBD over TLS, to hosts that its list names.
namespace virga::volume::host {

struct Call;

inline constexpr const char* kExportProgram = "/usr/bin/qemu-storage-daemon";

/// One file of a volume, and what it is: never found out.
struct ExportedFile {
    std::string path;
    std::string format;

    bool operator==(const ExportedFile&) const = default;
};

struct ExportedVolume {
    std::string name;                 ///< of the export: the volume's id
    std::vector<ExportedFile> files;  ///< the active one first, then what each stands on
    std::set<std::string> hosts;      ///< that are let in
};

/// What the process calls the image in a file of the list.
std::string disk_node(std::size_t i);

/// Where the daemon is talked to.
struct ExportPlace {
    std::string address;
    std::int64_t port = 0;
    std::string tls_folder;
    std::string monitor;  ///< path of its Unix socket
};

/// Starts it; `started` is told the process before it does anything. Throws Error{Unavailable} with what it said, and
/// then there is none.
void start_export(const ExportPlace& place, const ExportedVolume& volume,
                  const std::function<void(const RunningProcess&)>& started);
/// Lets these hosts in and no others from now on. With `fence` all connections end, and come again where they may.
void set_export_hosts(const ExportPlace& place, const ExportedVolume& volume, bool fence);
/// See Exports::pull.
void pull_layer(const ExportPlace& place, const ExportedVolume& volume, const std::string& below, const Call& call);
/// Those that have files of the folder open. Not those of other hosts that name their folder alike, as containers do.
std::vector<RunningProcess> export_processes(const std::string& folder);
/// Has it write what it holds and end; ends it when it doesn't.
void end_export(const ExportPlace& place, const RunningProcess& process);
/// Whether a TCP port of the address is free; what else goes wrong is Error{InvalidInput}.
bool is_port_free(const std::string& address, std::int64_t port);

}  // namespace virga::volume::host
