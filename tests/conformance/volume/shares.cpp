#include "conformance/volume/shares.hpp"

#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

#include "base/error.hpp"
#include "base/process.hpp"
#include "base/small_file.hpp"
#include "disk/disk.hpp"
#include "disk/share_mount.hpp"

namespace virga::volume::host::test {
namespace {

constexpr const char* kVolumeVariable = "VIRGA_TEST_GLUSTER";  // tells child processes

void must(const std::vector<std::string>& argv) {
    const auto result = run_process(argv);
    if (result.exit_code != 0)
        throw Error(ErrorCode::Internal, "'" + argv[0] + "' failed (root is needed): " + result.err + result.out);
}

/// tests/harness/gluster-server.sh, and the line to it.
class GlusterServer {
public:
    GlusterServer() {
        const std::string script = VIRGA_SOURCE_DIR "/tests/harness/gluster-server.sh";
        const auto folder = std::string(kScratch) + "/gluster";
        std::filesystem::create_directories(folder);
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
            throw_errno(ErrorCode::Internal, "socketpair", errno);
        child_ = ::fork();
        if (child_ == 0) {
            ::dup2(ends[1], 0);
            ::dup2(ends[1], 1);
            ::execl(script.c_str(), script.c_str(), folder.c_str(), nullptr);
            ::_exit(127);
        }
        ::close(ends[1]);
        line_ = ends[0];
        const auto ready = read_line();
        if (!ready.starts_with("ready ")) throw Error(ErrorCode::Internal, "glusterd didn't start: " + ready);
        volume_ = ready.substr(6);
    }
    ~GlusterServer() {
        ::close(line_);
        ::waitpid(child_, nullptr, 0);
    }
    GlusterServer(const GlusterServer&) = delete;
    GlusterServer& operator=(const GlusterServer&) = delete;

    std::string ask(const std::string& words) {
        const auto text = words + "\n";
        if (::write(line_, text.data(), text.size()) < 0) throw_errno(ErrorCode::Internal, "glusterd", errno);
        std::string answer;
        for (auto line = read_line(); line != "."; line = read_line()) answer += line + "\n";
        return answer;
    }
    const std::string& volume() const { return volume_; }

private:
    std::string read_line() {
        std::string line;
        for (char c = 0; ::read(line_, &c, 1) == 1 && c != '\n';) line += c;
        if (line.empty() && ::waitpid(child_, nullptr, WNOHANG) != 0)
            throw Error(ErrorCode::Internal, "glusterd ended (glusterfs-server and root are needed)");
        return line;
    }

    pid_t child_ = -1;
    int line_ = -1;
    std::string volume_;
};

std::unique_ptr<GlusterServer> the_server;

/// Processes with this program name and this text in their command line.
std::vector<pid_t> processes(const std::string& program, const std::string& text) {
    std::vector<pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const auto name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        std::ifstream in(entry.path() / "cmdline", std::ios::binary);
        const std::string line((std::istreambuf_iterator<char>(in)), {});
        const auto path = line.substr(0, line.find('\0'));
        if (path.ends_with("/" + program) && line.find(text) != std::string::npos)
            found.push_back(std::atoi(name.c_str()));
    }
    return found;
}

}  // namespace

void prepare_scratch() {
    must({"mount", "-t", "tmpfs", "-o", "mode=0755", "virga-scratch", kScratch});
    const auto helpers = std::string(kScratch) + "/helpers";
    std::filesystem::create_directories(helpers);
    std::filesystem::create_directories(kMountBase);
    std::filesystem::create_directories(nfs_root());
    const auto helper = helpers + "/mount.nfs";
    std::ofstream(helper) << "#!/bin/sh\nexec mount --bind \"${1#*:}\" \"$2\"\n";
    std::filesystem::permissions(helper, std::filesystem::perms(0755));
    // mount(8) looks for its helpers here only.
    must({"mount", "-t", "overlay", "-o", "lowerdir=" + helpers + ":/usr/sbin", "virga-helpers", "/usr/sbin"});
}

const std::string& nfs_root() {
    static const std::string root = std::string(kScratch) + "/nfs";
    return root;
}

const std::string& gluster_volume() {
    static const std::string volume = [] {
        if (const char* told = std::getenv(kVolumeVariable)) return std::string(told);
        the_server = std::make_unique<GlusterServer>();
        ::setenv(kVolumeVariable, the_server->volume().c_str(), 1);
        return the_server->volume();
    }();
    return volume;
}

const std::string& gluster_root() {
    static const std::string root = [] {
        std::string path = std::string(kScratch) + "/gluster-root";
        std::filesystem::create_directories(path);
        if (disk::mount_state(path) == disk::MountState::Absent)
            must({"mount", "-t", "glusterfs", "-o", "log-file=/dev/null", gluster_volume(), path});
        return path;
    }();
    return root;
}

std::string gluster(const std::string& words) {
    gluster_volume();
    return the_server->ask(words);
}

std::vector<pid_t> bricks() {
    return processes("glusterfsd", "--brick-name");
}

pid_t fuse_client(const std::string& mount_point) {
    const auto found = processes("glusterfs", mount_point);
    if (found.size() != 1) throw Error(ErrorCode::Internal, "no FUSE client of " + mount_point);
    return found[0];
}

void stop_gluster() {
    the_server.reset();
}

std::string share_of(const std::string& kind, const std::string& folder) {
    std::filesystem::create_directories(folder);
    if (kind == "nfs") return "127.0.0.1:" + folder;
    return gluster_volume() + folder.substr(gluster_root().size());
}

std::string mount_point_of_share(const std::string& share) {
    return disk::mount_point_of(kMountBase, share);
}

void unmount(const std::string& share) {
    const auto mount_point = mount_point_of_share(share);
    while (::umount2(mount_point.c_str(), MNT_DETACH) == 0) {
    }
}

}  // namespace virga::volume::host::test
