#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "http/http.hpp"

namespace virga::http {

/// A client for bodies of any size, piece by piece: one request on a connection of its own. Everything blocks, and asks
/// `cancelled` every 100 ms meanwhile: true throws Error{Cancelled}. Other errors as of request(); Error{Unavailable}
/// also when the connection breaks, Error{Timeout} when no byte moves for 60 s. From one thread.
class ClientStream {
public:
    using Cancelled = std::function<bool()>;
    /// Fills at most `size` bytes; 0 at the end.
    using Source = std::function<std::size_t(char* into, std::size_t size)>;

    ClientStream(const std::string& url, const std::string& ca_file, Cancelled cancelled);
    ~ClientStream();
    ClientStream(const ClientStream&) = delete;
    ClientStream& operator=(const ClientStream&) = delete;

    /// The head of the answer: its body is read afterwards. An answer without Content-Length is Error{Unavailable}:
    /// whether it is complete could not be told.
    ClientResponse get(const Headers& headers);
    std::uint64_t left() const;  ///< of the body of the answer
    /// 0 at the end.
    std::size_t read(char* into, std::size_t size);

    /// Sends `size` bytes of the source, if the server wants them, and gives the answer, whose body is 64 KiB at most.
    ClientResponse put(const Headers& headers, std::uint64_t size, const Source& source);
    /// The rest of the answer's body, 64 KiB at most.
    std::string read_text();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace virga::http
