#pragma once
#include <cstddef>
#include <memory>
#include <string_view>

#include "http/tls.hpp"

namespace virga::http {

/// What must happen on the socket before a transfer can go on.
enum class Want { Nothing, Read, Write, End };

struct Moved {
    std::size_t bytes = 0;
    Want want = Want::Nothing;  ///< End: the peer has gone; Nothing only with bytes
};

/// The bytes of one connection, plain or through TLS. Never blocks; one thread at a time. Doesn't own the socket.
class Channel {
public:
    explicit Channel(int fd) : fd_(fd) {}

    /// From now on everything goes through TLS, once handshake() has ended with Want::Nothing.
    void secure(const std::shared_ptr<const TlsContext>& context) { tls_ = std::make_unique<TlsEnd>(context, fd_); }
    bool secured() const { return tls_ != nullptr; }
    Want handshake() { return tls_->handshake(); }

    Moved read(void* into, std::size_t size);
    /// Of `head`, then `body`; a caller whose data was not all taken must offer the same rest again.
    Moved write(std::string_view head, std::string_view body = {});
    /// Says that nothing more will be written.
    void finish();

    int fd() const { return fd_; }

private:
    int fd_;
    std::unique_ptr<TlsEnd> tls_;
};

/// Whether the peer has closed its side or the connection is broken. Reads nothing.
bool peer_has_gone(int fd);

}  // namespace virga::http
