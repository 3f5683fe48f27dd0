#include "rpc/socket/host.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>

#include "base/ids.hpp"
#include "base/scope_exit.hpp"
#include "fuzz/patience.hpp"
#include "fuzz/targets.hpp"
#include "rpc/socket/connection.hpp"
#include "rpc/socket/control.hpp"

namespace virga::fuzz {
namespace {

/// What the names of the sockets begin with; they go at the end.
const std::string& socket_path() {
    static const struct Path {
        ~Path() {
            for (const auto* side : {".control", ".host"}) ::unlink((text + side).c_str());
        }
        std::string text = (std::filesystem::temp_directory_path() / ("virga-fuzz-" + new_uuid() + ".sock")).string();
    } path;
    return path.text;
}

/// Sends all, says that no more will come, and reads until the other side closes.
void speak(int fd, std::string_view input) {
    const ScopeExit close([fd] { ::close(fd); });
    if (::send(fd, input.data(), input.size(), MSG_NOSIGNAL) >= 0) ::shutdown(fd, SHUT_WR);
    char piece[4096];
    for (;;) {
        if (!becomes_readable(fd)) throw Finding("the other side hangs");
        if (::recv(fd, piece, sizeof piece, 0) <= 0) return;
    }
}

void to_control(std::string_view input) {
    static const auto endpoint = [] {
        auto made = std::make_unique<virga::rpc::SocketControl>(socket_path() + ".control");
        made->on_event(
            [](const std::string&, std::string_view, const json::object& params) { get_string(params, "server_id"); });
        made->start();
        return made;
    }();
    const int fd = virga::rpc::connect_unix(socket_path() + ".control");
    if (fd < 0) throw Finding("the control process takes no host");
    speak(fd, input);
}

void to_host(std::string_view input) {
    static const int listener = virga::rpc::listen_unix(socket_path() + ".host");
    virga::rpc::SocketHost host(socket_path() + ".host", "h1", {2, 1});
    host.on("echo", [](const virga::rpc::Command& command) { return command.params; });
    host.on("read", [](const virga::rpc::Command& command) {
        return json::object{{"size", get_int(command.params, "size_gib")}, {"id", get_string(command.params, "id")}};
    });
    host.start();
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) throw Finding("the host does not come");
    speak(fd, input);
}

}  // namespace

void rpc(std::string_view input) {
    if (input.empty() || input.size() > 16 * 1024) return;  // must fit into the buffers of the sockets
    const bool is_for_control = input[0] % 2 == 0;
    input.remove_prefix(1);
    return is_for_control ? to_control(input) : to_host(input);
}

}  // namespace virga::fuzz
