#include "volume/host/exports/qmp.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.hpp"

namespace virga::volume::host {
namespace {

constexpr std::size_t kLongestMessage = 1024 * 1024;

[[noreturn]] void no_answer() {
    throw Error(ErrorCode::Unavailable, "the process that exports a volume doesn't answer");
}

}  // namespace

int connect_to_socket(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return -1;
    std::memcpy(address.sun_path, path.c_str(), path.size());
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
    ::close(fd);
    return -1;
}

Qmp::Qmp(const std::string& path, std::chrono::milliseconds patience) : socket_(connect_to_socket(path)) {
    if (socket_ < 0) no_answer();
    const timeval bound{patience.count() / 1000, (patience.count() % 1000) * 1000};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound);
    try {
        read_message();
        run("qmp_capabilities");
    } catch (const Error&) {
        ::close(socket_);
        throw;
    }
}

Qmp::~Qmp() {
    ::close(socket_);
}

std::string Qmp::read_line() {
    for (auto end = read_.find('\n');; end = read_.find('\n')) {
        if (end != std::string::npos) {
            auto line = read_.substr(0, end);
            read_.erase(0, end + 1);
            return line;
        }
        char piece[4096];
        const auto got = ::recv(socket_, piece, sizeof piece, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0 || read_.size() > kLongestMessage) no_answer();
        read_.append(piece, static_cast<std::size_t>(got));
    }
}

json::object Qmp::read_message() {
    auto message = parse_object(read_line());
    if (message.contains("event")) events_.insert(get_string(message, "event"));
    return message;
}

json::value Qmp::run(const std::string& command, const json::object& arguments) {
    json::object message{{"execute", command}};
    if (!arguments.empty()) message["arguments"] = arguments;
    const auto text = json::serialize(message) + "\n";
    if (::send(socket_, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size())) no_answer();
    while (true) {
        auto answer = read_message();
        if (answer.contains("return")) return answer["return"];
        if (answer.contains("error"))
            throw Error(ErrorCode::Internal, "the process that exports a volume refused " + command,
                        get_string(get_object(answer, "error"), "desc"));
    }
}

void Qmp::await(const std::string& event) {
    while (!events_.contains(event)) read_message();
}

}  // namespace virga::volume::host
