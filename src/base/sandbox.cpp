#include "base/sandbox.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <optional>
#include <utility>

#include "base/certificates.hpp"
#include "base/error.hpp"
#include "base/sandbox_filter.hpp"
#include "base/scope_exit.hpp"

namespace virga {
namespace {

// The new root is made where the old one has a folder for sure, and takes its place.
constexpr const char* kNewRoot = "/tmp";
constexpr const char* kNamespaces[] = {"mnt", "net", "ipc", "uts"};

/// What the room's root has: a folder of the host, bound read-only, or a link as the host has it.
struct Entry {
    std::string host;
    std::string place;
    std::string link;  ///< not empty: where the link leads
    bool is_file = false;
};

/// Made before the process that makes the room, which can allocate nothing.
struct Room {
    std::vector<Entry> entries;
    std::string etc;
    std::string certificates;  ///< a folder
    /// In it: paths and contents.
    std::vector<std::pair<std::string, std::string>> files;
};

std::vector<Entry> room_entries() {
    const std::string root = kNewRoot;
    std::vector<Entry> entries;
    for (const std::string folder : {"/usr", "/lib", "/lib64", "/lib32", "/bin"}) {
        char target[256];
        const auto length = ::readlink(folder.c_str(), target, sizeof target);
        if (length > 0)
            entries.push_back({folder, root + folder, std::string(target, static_cast<std::size_t>(length))});
        else if (::access(folder.c_str(), F_OK) == 0)
            entries.push_back({folder, root + folder, {}});
    }
    const std::string cache = "/etc/ld.so.cache";
    if (::access(cache.c_str(), F_OK) == 0) entries.push_back({cache, root + cache, {}, true});
    return entries;
}

Room new_room() {
    const std::string root = kNewRoot;
    Room room{room_entries(), root + "/etc", root + kSandboxCertificates, {}};
    for (const auto* file : {certificate_file::kCa, certificate_file::kServer, certificate_file::kServerKey})
        room.files.emplace_back(room.certificates + "/" + file, "");
    room.files.emplace_back(room.certificates + "/" + certificate_file::kGroup, known_group());
    return room;
}

// From here to make_room(): in a new process of a program with threads, so system calls only.

bool bind_read_only(const char* from, const char* to) {
    constexpr unsigned long kFlags = MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV;
    return ::mount(from, to, nullptr, MS_BIND, nullptr) == 0 && ::mount(nullptr, to, nullptr, kFlags, nullptr) == 0;
}

bool make_file(const std::string& path, const std::string& content = {}) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0444);
    if (file < 0) return false;
    const bool whole = ::write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size());
    ::close(file);
    return whole;
}

bool place(const Entry& entry) {
    if (!entry.link.empty()) return ::symlink(entry.link.c_str(), entry.place.c_str()) == 0;
    if (entry.is_file) {
        if (!make_file(entry.place)) return false;
    } else if (::mkdir(entry.place.c_str(), 0755) != 0) {
        return false;
    }
    return bind_read_only(entry.host.c_str(), entry.place.c_str());
}

const char* make_root(const Room& room) {
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return "private mounts";
    if (::mount("virga", kNewRoot, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=64k") != 0) return "tmpfs";
    if (::mkdir(room.etc.c_str(), 0755) != 0) return "etc";
    for (const auto& entry : room.entries) {
        if (!place(entry)) return entry.host.c_str();
    }
    if (::mkdir(room.certificates.c_str(), 0755) != 0) return "certificates";
    for (const auto& [path, content] : room.files) {
        if (!make_file(path, content)) return "certificates";
    }
    if (::chdir(kNewRoot) != 0 || ::syscall(SYS_pivot_root, ".", ".") != 0) return "root";
    if (::umount2(".", MNT_DETACH) != 0 || ::chdir("/") != 0) return "old root";
    constexpr unsigned long kFlags = MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
    if (::mount(nullptr, "/", nullptr, kFlags, nullptr) != 0) return "read-only root";
    return nullptr;
}

struct Report {
    char step[64];
    int error;
};

[[noreturn]] void make_room(const Room& room, int done) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    Report report{};
    if (const char* step = make_root(room)) {
        report.error = errno;
        std::strncpy(report.step, step, sizeof report.step - 1);
    }
    if (::write(done, &report, sizeof report) != sizeof report) ::_exit(1);
    while (true) ::pause();
}

[[noreturn]] void impossible(const std::string& why, int error) {
    throw_errno(ErrorCode::Unavailable,
                "the sandbox of helper programs can't be made (" + why +
                    "); it needs root and Linux namespaces. The setting host.sandbox = false goes without",
                error);
}

const passwd& user_of(const std::string& name) {
    const auto* user = ::getpwnam(name.c_str());
    if (user == nullptr)
        throw Error(ErrorCode::Unavailable, "user '" + name +
                                                "' (setting host.helper_user), as which helper programs run, doesn't "
                                                "exist: tools/install-deps.sh run makes it");
    if (user->pw_uid == 0)
        throw Error(ErrorCode::Unavailable, "setting host.helper_user must not be root: it reads what others wrote");
    return *user;
}

std::mutex instance_mutex;
std::optional<Sandbox::Options> configured;
std::unique_ptr<Sandbox> the_instance;

}  // namespace

struct Sandbox::Impl {
    uid_t uid = 0;
    gid_t gid = 0;
    int namespaces[std::size(kNamespaces)] = {-1, -1, -1, -1};
    std::vector<sock_filter> filter;

    ~Impl() {
        for (const int one : namespaces) {
            if (one >= 0) ::close(one);
        }
    }

    // The namespaces live as long as they are open here.
    void take_namespaces(pid_t maker) {
        for (std::size_t i = 0; i < std::size(kNamespaces); ++i) {
            const auto path = "/proc/" + std::to_string(maker) + "/ns/" + kNamespaces[i];
            namespaces[i] = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
            if (namespaces[i] < 0) impossible(path, errno);
        }
    }

    void make_namespaces() {
        const auto room = new_room();
        int done[2];
        if (::pipe2(done, O_CLOEXEC) != 0) impossible("pipe", errno);
        const ScopeExit close([&] {
            ::close(done[0]);
            if (done[1] >= 0) ::close(done[1]);
        });
        constexpr unsigned long kNew = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
        const auto maker = static_cast<pid_t>(::syscall(SYS_clone, kNew | SIGCHLD, 0, 0, 0, 0));
        if (maker < 0) impossible("namespaces", errno);
        if (maker == 0) make_room(room, done[1]);
        const ScopeExit end([maker] {
            ::kill(maker, SIGKILL);
            while (::waitpid(maker, nullptr, 0) < 0 && errno == EINTR) {
            }
        });
        ::close(std::exchange(done[1], -1));
        Report report{};
        if (::read(done[0], &report, sizeof report) != sizeof report) impossible("its maker ended", EIO);
        if (report.step[0] != '\0') impossible(report.step, report.error);
        take_namespaces(maker);
    }
};

Sandbox::Sandbox(const Options& options) : impl_(std::make_unique<Impl>()) {
    const auto& user = user_of(options.user);
    impl_->uid = user.pw_uid;
    impl_->gid = user.pw_gid;
    if (::geteuid() != 0) impossible("not root", EPERM);
    impl_->filter = sandbox_filter();
    impl_->make_namespaces();
}

Sandbox::~Sandbox() = default;

void Sandbox::configure(Options options) {
    const std::lock_guard lock(instance_mutex);
    configured = std::move(options);
    the_instance.reset();
}

const Sandbox* Sandbox::instance() {
    const std::lock_guard lock(instance_mutex);
    if (!configured) configured.emplace();
    if (!configured->enabled) return nullptr;
    if (!the_instance) the_instance = std::make_unique<Sandbox>(*configured);
    return the_instance.get();
}

namespace {

bool send_descriptor(int socket, int descriptor) {
    char nothing = 0;
    iovec data{&nothing, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
    return ::sendmsg(socket, &message, MSG_NOSIGNAL) == 1;
}

}  // namespace

// setres*id and setgroups of the C library would stop the threads of the process, which aren't here.
const char* Sandbox::enter(int socket, bool outlives) const noexcept {
    constexpr int kTypes[] = {CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS};
    for (std::size_t i = 0; i < std::size(kTypes); ++i) {
        if (::setns(impl_->namespaces[i], kTypes[i]) != 0) return kNamespaces[i];
    }
    if (::chdir("/") != 0) return "root";
    const auto uid = impl_->uid;
    const auto gid = impl_->gid;
    if (::syscall(SYS_setgroups, 0, nullptr) != 0) return "groups";
    if (::syscall(SYS_setresgid, gid, gid, gid) != 0) return "group";
    if (::syscall(SYS_setresuid, uid, uid, uid) != 0) return "user";
    // A change of user clears it.
    if (!outlives && ::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return "death signal";
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return "privileges";
    const sock_fprog program{static_cast<unsigned short>(impl_->filter.size()), impl_->filter.data()};
    const auto listener =
        static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program));
    if (listener < 0) return "filter";
    if (!send_descriptor(socket, listener)) return "listener";
    return nullptr;
}

}  // namespace virga
