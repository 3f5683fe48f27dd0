#include "base/open_server.hpp"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "base/links.hpp"
#include "base/scope_exit.hpp"

namespace virga {
namespace {

constexpr int kNotOurs = INT_MIN;

void close_it(int& descriptor) {
    if (descriptor >= 0) ::close(descriptor);
    descriptor = -1;
}

/// Text in another process's memory, up to its NUL; nothing when it can't be read.
std::optional<std::string> read_text(pid_t process, std::uint64_t address) {
    constexpr std::size_t kPage = 4096;
    std::string text;
    while (text.size() < PATH_MAX) {
        char piece[kPage];
        const auto length = kPage - address % kPage;  // what lies behind may not be there
        const iovec here{piece, length};
        const iovec there{reinterpret_cast<void*>(address), length};  // NOLINT(performance-no-int-to-ptr)
        const auto got = ::process_vm_readv(process, &here, 1, &there, 1, 0);
        if (got <= 0) return std::nullopt;
        const auto end = static_cast<const char*>(std::memchr(piece, '\0', static_cast<std::size_t>(got)));
        if (end != nullptr) return text.append(piece, static_cast<std::size_t>(end - piece));
        text.append(piece, static_cast<std::size_t>(got));
        address += static_cast<std::uint64_t>(got);
    }
    return std::nullopt;
}

}  // namespace

OpenServer::OpenServer(std::vector<SandboxFile> files) : files_(std::move(files)) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        throw_errno(ErrorCode::Internal, "socketpair", errno);
    socket_ = ends[0];
    child_end_ = ends[1];
}

OpenServer::~OpenServer() {
    close_it(child_end_);
    close_it(socket_);
    close_it(listener_);
}

void OpenServer::close_child_end() {
    close_it(child_end_);
}

void OpenServer::serve() {
    if (listener_ < 0) return receive_listener();
    pollfd state{listener_, POLLIN, 0};
    if (::poll(&state, 1, 0) <= 0) return;
    if ((state.revents & POLLIN) != 0) return answer();
    close_it(listener_);  // nobody is left who could ask
}

void OpenServer::receive_listener() {
    char nothing = 0;
    iovec data{&nothing, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const auto got = ::recvmsg(socket_, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    const auto* header = got > 0 ? CMSG_FIRSTHDR(&message) : nullptr;
    if (header != nullptr && header->cmsg_type == SCM_RIGHTS) std::memcpy(&listener_, CMSG_DATA(header), sizeof(int));
    close_it(socket_);
}

void OpenServer::answer() {
    seccomp_notif asked{};
    if (::ioctl(listener_, SECCOMP_IOCTL_NOTIF_RECV, &asked) != 0) return;
    const auto name = read_text(static_cast<pid_t>(asked.pid), asked.data.args[1]);
    // Whoever asked is still there, so that the memory was its own.
    if (::ioctl(listener_, SECCOMP_IOCTL_NOTIF_ID_VALID, &asked.id) != 0) return;
    const int file = name ? open(*name, static_cast<int>(asked.data.args[2])) : kNotOurs;
    if (file >= 0) {
        const ScopeExit close([file] { ::close(file); });
        seccomp_notif_addfd given{};
        given.id = asked.id;
        given.flags = SECCOMP_ADDFD_FLAG_SEND;
        given.srcfd = static_cast<std::uint32_t>(file);
        given.newfd_flags = O_CLOEXEC;
        if (::ioctl(listener_, SECCOMP_IOCTL_NOTIF_ADDFD, &given) >= 0 || errno == ENOENT) return;
    }
    seccomp_notif_resp response{};
    response.id = asked.id;
    if (file == kNotOurs)
        response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    else
        response.error = file >= 0 ? -EMFILE : file;
    ::ioctl(listener_, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

int OpenServer::open(const std::string& name, int flags) const {
    const auto found = std::find_if(files_.begin(), files_.end(), [&](const auto& one) { return one.name == name; });
    if (found == files_.end()) return kNotOurs;
    constexpr int kPassed = O_DIRECT | O_SYNC | O_DSYNC | O_NOATIME | O_NONBLOCK;
    const bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0;
    if (writes && !found->writable) return -EACCES;
    const int wanted = (flags & (O_ACCMODE | kPassed | (writes ? O_TRUNC : 0))) | O_CLOEXEC | O_NOCTTY;
    const int file = found->fd >= 0 ? ::open(("/proc/self/fd/" + std::to_string(found->fd)).c_str(), wanted)
                                    : ::open(name.c_str(), wanted | no_link(name));
    return file >= 0 ? file : -errno;
}

}  // namespace virga
