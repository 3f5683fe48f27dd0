#pragma once
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace virga::rpc {

/// A stream socket that carries JSON objects, each behind its length (4 bytes, big endian, at most kMaxMessage). One
/// thread reads, any may send.
class Connection {
public:
    explicit Connection(int fd);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// False when the other side is gone.
    bool send(const json::object& message) { return send_text(json::serialize(message)); }
    /// The text of an object.
    bool send_text(std::string_view text);
    /// nullopt when the other side is gone or speaks nonsense.
    std::optional<json::object> receive();
    /// Makes both sides see the end. The descriptor stays until destruction.
    void shut_down();

private:
    bool read_all(char* into, std::size_t size);

    int fd_;
    std::mutex send_mutex_;
};

/// Throws Error{InvalidInput} when the path is too long for a socket.
void check_path(const std::string& path);
/// A connected socket, or -1 (errno is set).
int connect_unix(const std::string& path);
/// A listening socket of mode 0600; an old socket file is replaced. Throws Error{Unavailable}.
int listen_unix(const std::string& path);
/// Whether the peer of a Unix socket is root or the own user.
bool peer_is_trusted(int fd);

}  // namespace virga::rpc
