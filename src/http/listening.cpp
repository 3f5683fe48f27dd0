#include "http/listening.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/error.hpp"

namespace virga::http {

void check_listening(const std::string& address, std::uint16_t port) {
    namespace net = boost::asio;
    net::io_context io;
    net::ip::tcp::acceptor attempt(io);
    boost::system::error_code failure;
    const net::ip::tcp::endpoint endpoint(net::ip::make_address(address, failure), port);
    if (!failure) attempt.open(endpoint.protocol(), failure);
    if (!failure) attempt.set_option(net::socket_base::reuse_address(true), failure);
    if (!failure) attempt.bind(endpoint, failure);
    if (!failure) return;
    const auto text =
        "http.listen: can't listen on " + address + " port " + std::to_string(port) + ": " + failure.message();
    if (failure == net::error::address_in_use) throw Error(ErrorCode::Unavailable, text);
    throw Error(ErrorCode::InvalidInput,
                text + ". It must be an IP address of this machine, or 0.0.0.0 for all of them, and a port that " +
                    "this process may listen on");
}

}  // namespace virga::http
