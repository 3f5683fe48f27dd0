#include "app/announcer.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/error.hpp"

namespace virga::app {
namespace {

constexpr const char* kVariable = "NOTIFY_SOCKET";
/// Fewer than PIPE_BUF, so that a message is written whole.
constexpr std::size_t kMostStatusBytes = 2000;

std::string status_line(std::string_view text) {
    std::string line(text.substr(0, kMostStatusBytes));
    for (char& c : line) {
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
    }
    return "STATUS=" + line + "\n";
}

/// A leading "@" stands for the zero byte of an abstract address.
int connect_to(const std::string& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (name.size() >= sizeof address.sun_path || (name[0] != '/' && name[0] != '@'))
        throw Error(ErrorCode::InvalidInput, "NOTIFY_SOCKET: '" + name + "' is not the address of a Unix socket");
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) throw_errno(ErrorCode::Internal, "socket", errno);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0) return fd;
    const int failure = errno;
    ::close(fd);
    throw_errno(ErrorCode::InvalidInput, "NOTIFY_SOCKET: cannot reach " + name, failure);
}

}  // namespace

Announcer::Announcer(int fd) : is_pipe_(fd >= 0) {
    const char* variable = std::getenv(kVariable);
    const std::string socket = variable == nullptr ? "" : variable;
    ::unsetenv(kVariable);
    ::signal(SIGPIPE, SIG_IGN);  // nobody has to listen to the end
    if (is_pipe_) {
        if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
            throw_errno(ErrorCode::InvalidInput, "--notify-fd: descriptor " + std::to_string(fd), errno);
        fd_ = fd;
    } else if (!socket.empty()) {
        fd_ = connect_to(socket);
    }
}

Announcer::~Announcer() {
    close();
}

void Announcer::status(std::string_view text) {
    send(status_line(text));
}

void Announcer::ready(std::string_view status_text) {
    send(status_line(status_text) + "READY=1\n");
    if (is_pipe_) close();
}

void Announcer::stopping() {
    send("STOPPING=1\n");
}

void Announcer::send(const std::string& message) {
    const std::lock_guard lock(mutex_);
    if (fd_ < 0) return;
    while (::write(fd_, message.data(), message.size()) < 0 && errno == EINTR) {
    }
}

void Announcer::close() {
    const std::lock_guard lock(mutex_);
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

}  // namespace virga::app
