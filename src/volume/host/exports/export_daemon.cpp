#include "volume/host/exports/export_daemon.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>

#include "base/certificates.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/process.hpp"
#include "base/sandbox.hpp"
#include "base/small_file.hpp"
#include "disk/file.hpp"
#include "volume/host/exports/qmp.hpp"

namespace virga::volume::host {
namespace {

constexpr std::chrono::seconds kStartBound{30};
constexpr std::chrono::seconds kAnswerBound{10};
/// Of what it holds, an end by force may lose what guests have written and not yet synced: a busy one is waited for.
constexpr std::chrono::seconds kEndBound{60};
constexpr const char* kExport = "volume";
constexpr const char* kHosts = "hosts";
/// A busy guest keeps some requests under way; each takes a thread here while the file is read.
constexpr int kThreads = 16;

class Socket {
public:
    explicit Socket(int fd) : fd_(fd) {
        if (fd_ < 0) throw_errno(ErrorCode::Internal, "socket", errno);
    }
    ~Socket() { ::close(fd_); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    int fd() const { return fd_; }

private:
    int fd_;
};

struct FreeAddresses {
    void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

/// errno of the bind; 0: bound.
int bind_to(const std::string& address, std::int64_t port, std::unique_ptr<Socket>& bound) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    wanted.ai_flags = AI_PASSIVE;
    addrinfo* list = nullptr;
    const int failure = ::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &wanted, &list);
    const std::unique_ptr<addrinfo, FreeAddresses> held(list);
    if (failure != 0) throw Error(ErrorCode::InvalidInput, "host.address: " + address + ": " + ::gai_strerror(failure));
    bound = std::make_unique<Socket>(::socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    ::setsockopt(bound->fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    return ::bind(bound->fd(), list->ai_addr, list->ai_addrlen) == 0 ? 0 : errno;
}

std::unique_ptr<Socket> bound_monitor(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        throw Error(ErrorCode::InvalidInput, "state folder: its path is too long for the sockets of exported volumes",
                    path);
    std::memcpy(address.sun_path, path.c_str(), path.size());
    auto bound = std::make_unique<Socket>(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ::unlink(path.c_str());
    if (::bind(bound->fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw_errno(ErrorCode::Internal, "bind " + path, errno);
    return bound;
}

bool direct_io_works(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0) ::close(fd);
    return fd >= 0;
}

// What stands beneath is named, so that no header is followed, and what is at the bottom has nothing.
void add_nodes(std::vector<std::string>& words, const std::vector<ExportedFile>& files) {
    const auto add = [&](const json::object& node) {
        words.emplace_back("--blockdev");
        words.push_back(json::serialize(node));
    };
    const bool direct = direct_io_works(files.front().path);
    for (auto i = files.size(); i-- > 0;) {
        const auto file_node = "file" + std::to_string(i);
        const bool frozen = i > 0;
        add({{"driver", "file"},
             {"node-name", file_node},
             {"filename", files[i].path},
             {"read-only", frozen},
             {"discard", "unmap"},
             {"cache", {{"direct", direct}}}});
        json::object disk{{"driver", files[i].format}, {"node-name", disk_node(i)}, {"file", file_node},
                          {"read-only", frozen},       {"discard", "unmap"},        {"cache", {{"direct", direct}}}};
        if (files[i].format == "qcow2")
            disk["backing"] = i + 1 < files.size() ? json::value(disk_node(i + 1)) : json::value(nullptr);
        add(disk);
    }
}

json::array rules_of(const std::set<std::string>& hosts) {
    json::array rules;
    for (const auto& host : hosts)
        rules.push_back(json::object{{"match", certificate_identity(host)}, {"policy", "allow"}, {"format", "exact"}});
    return rules;
}

json::object export_of(const std::string& name) {
    return {{"type", "nbd"}, {"id", kExport}, {"node-name", disk_node(0)}, {"name", name}, {"writable", true}};
}

// The monitor comes last: it answers when all before it is done.
std::vector<std::string> command_of(const ExportedVolume& volume, const std::string& tls_folder, int tcp, int monitor) {
    std::vector<std::string> words{kExportProgram};
    const auto add_object = [&](const json::object& object) {
        words.emplace_back("--object");
        words.push_back(json::serialize(object));
    };
    add_object({{"qom-type", "main-loop"}, {"id", "main-loop"}, {"thread-pool-max", kThreads}});
    add_object({{"qom-type", "tls-creds-x509"},
                {"id", "tls"},
                {"dir", tls_folder},
                {"endpoint", "server"},
                {"verify-peer", true}});
    add_object({{"qom-type", "authz-list"}, {"id", kHosts}, {"policy", "deny"}, {"rules", rules_of(volume.hosts)}});
    add_nodes(words, volume.files);
    words.insert(words.end(),
                 {"--nbd-server", "addr.type=fd,addr.str=" + std::to_string(tcp) + ",tls-creds=tls,tls-authz=" + kHosts,
                  "--export", json::serialize(export_of(volume.name)), "--chardev",
                  "socket,id=qmp,server=on,wait=off,fd=" + std::to_string(monitor), "--monitor", "chardev=qmp"});
    return words;
}

/// Certificates that stand where the sandbox has files of these names.
class GivenCertificates {
public:
    explicit GivenCertificates(const std::string& folder) {
        for (const auto* name : {certificate_file::kCa, certificate_file::kServer, certificate_file::kServerKey}) {
            open_.push_back(disk::File::open_for_reading(folder + "/" + name));
            files_.push_back({std::string(kSandboxCertificates) + "/" + name, false, open_.back().fd()});
        }
    }
    const std::vector<SandboxFile>& files() const { return files_; }

private:
    std::vector<disk::File> open_;
    std::vector<SandboxFile> files_;
};

// Without /dev/null QEMU can't tell that files can be locked, and doesn't lock them.
std::vector<SandboxFile> files_of(const ExportedVolume& volume, const GivenCertificates& certificates) {
    auto files = certificates.files();
    files.push_back({"/dev/null", true});
    for (const auto& file : volume.files) files.push_back({file.path, &file == &volume.files.front()});
    return files;
}

using FileId = std::pair<dev_t, ino_t>;

std::optional<FileId> id_of(const std::string& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return std::nullopt;
    return FileId{info.st_dev, info.st_ino};
}

std::set<FileId> files_in(const std::string& folder) {
    std::set<FileId> files;
    for (const auto& name : folder_entries(folder))
        if (const auto id = id_of(folder + "/" + name)) files.insert(*id);
    return files;
}

// By what they are: another host's files have the same names where hosts are containers of one machine.
bool has_one_open(pid_t pid, const std::set<FileId>& files) {
    const auto open = "/proc/" + std::to_string(pid) + "/fd";
    for (const auto& name : folder_entries(open)) {
        const auto id = id_of(open + "/" + name);
        if (id && files.contains(*id)) return true;
    }
    return false;
}

/// Whether it greets who connects. Never waits.
class Greeting {
public:
    explicit Greeting(std::string path) : path_(std::move(path)) {}
    ~Greeting() {
        if (socket_ >= 0) ::close(socket_);
    }
    Greeting(const Greeting&) = delete;
    Greeting& operator=(const Greeting&) = delete;
    bool has_come() {
        if (socket_ < 0) socket_ = connect_to_socket(path_);
        pollfd state{socket_, POLLIN, 0};
        return socket_ >= 0 && ::poll(&state, 1, 0) > 0 && (state.revents & POLLIN) != 0;
    }

private:
    std::string path_;
    int socket_ = -1;
};

}  // namespace

std::string disk_node(std::size_t i) {
    return "disk" + std::to_string(i);
}

bool is_port_free(const std::string& address, std::int64_t port) {
    std::unique_ptr<Socket> bound;
    const int failure = bind_to(address, port, bound);
    if (failure == 0) {
        // Two may be bound to a port that nobody listens on.
        return ::listen(bound->fd(), 1) == 0;
    }
    if (failure == EADDRINUSE || failure == EACCES) return false;
    throw Error(ErrorCode::InvalidInput, "host.address: " + address + " is no address of this host",
                std::strerror(failure));
}

void start_export(const ExportPlace& place, const ExportedVolume& volume,
                  const std::function<void(const RunningProcess&)>& started) {
    std::unique_ptr<Socket> listening;
    if (const int failure = bind_to(place.address, place.port, listening); failure != 0)
        throw Error(ErrorCode::Unavailable,
                    "port " + std::to_string(place.port) + " of " + place.address + " can't be had",
                    std::strerror(failure));
    const auto monitor = bound_monitor(place.monitor);
    const GivenCertificates certificates(place.tls_folder);
    constexpr int kTcp = 3;
    const auto* folder = Sandbox::instance() != nullptr ? kSandboxCertificates : place.tls_folder.c_str();
    const DetachedProgram program{
        command_of(volume, folder, kTcp, kTcp + 1), files_of(volume, certificates), {listening->fd(), monitor->fd()}};
    Greeting greeting(place.monitor);
    start_detached(
        program, [&](pid_t pid) { started(RunningProcess::of(pid)); }, [&] { return greeting.has_come(); },
        kStartBound);
}

void set_export_hosts(const ExportPlace& place, const ExportedVolume& volume, bool fence) {
    Qmp qmp(place.monitor, kAnswerBound);
    qmp.run("qom-set",
            {{"path", std::string("/objects/") + kHosts}, {"property", "rules"}, {"value", rules_of(volume.hosts)}});
    if (!fence) return;
    qmp.run("block-export-del", {{"id", kExport}, {"mode", "hard"}});
    qmp.await("BLOCK_EXPORT_DELETED");
    qmp.run("block-export-add", export_of(volume.name));
}

void end_export(const ExportPlace& place, const RunningProcess& process) {
    if (process.is_alive()) {
        try {
            Qmp(place.monitor, kEndBound).run("quit");
        } catch (const Error& failure) {
            log::warning("an export is ended by force", {{"port", place.port}, {"error", failure.message()}});
        }
        if (!process.await_end(kEndBound)) process.kill();
    }
    ::unlink(place.monitor.c_str());
}

std::vector<RunningProcess> export_processes(const std::string& folder) {
    std::vector<RunningProcess> found;
    for (const auto& name : folder_entries("/proc")) {
        const auto pid = static_cast<pid_t>(std::atoi(name.c_str()));
        if (pid <= 0) continue;
        const auto process = RunningProcess::of(pid);
        std::optional<std::string> words;
        try {
            words = read_small_file("/proc/" + name + "/cmdline");
        } catch (const Error&) {
            continue;  // it ended while it was read
        }
        const bool exports = words && words->starts_with(std::string(kExportProgram) + '\0') &&
                             words->find("\"" + folder + "/") != std::string::npos;
        if (exports) found.push_back(process);
    }
    if (found.empty()) return found;
    const auto files = files_in(folder);
    std::erase_if(found, [&](const RunningProcess& one) { return !has_one_open(one.pid, files); });
    return found;
}

}  // namespace virga::volume::host
