#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.hpp"
#include "fuzz/patience.hpp"
#include "fuzz/targets.hpp"
#include "http/http.hpp"

namespace virga::fuzz {
namespace {

/// Handlers of each kind that the services have.
class Server {
public:
    Server() : server_(options(), router_) {
        router_.add({"POST", "/json",
                     [](http::Request& request) { return http::Response::with_json(200, request.json_body()); }});
        router_.add({"GET", "/items/{item_id}", [](http::Request& request) {
                         return http::Response::with_json(200, json::object{{"id", request.param("item_id")}});
                     }});
        router_.add({"PUT", "/data", [](http::Request& request) { return take(request); }, true});
        router_.add({"PUT", "/first", [](http::Request& request) { return take_first(request); }, true});
        router_.add({"PUT", "/refused",
                     [](http::Request&) -> http::Response {
                         throw Error(ErrorCode::Forbidden, "before the body was looked at");
                     },
                     true});
        router_.add({"GET", "/data", [](http::Request&) { return give(); }, true});
        server_.start();
    }

    int connect() const {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(server_.port());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            throw Finding("the server takes no connection");
        return fd;
    }

private:
    static http::ServerOptions options() {
        http::ServerOptions options;
        options.threads = 2;
        options.stream_threads = 2;
        return options;
    }

    static http::Response take(http::Request& request) {
        char piece[512];
        while (request.stream->read(piece, sizeof piece) > 0) {
        }
        return http::Response::empty(204);
    }

    static http::Response take_first(http::Request& request) {
        char piece[2];
        request.stream->read(piece, sizeof piece);
        return http::Response::empty(204);
    }

    static http::Response give() {
        http::Response response;
        response.stream = [left = 3](char* into, std::size_t size) mutable {
            return left-- > 0 ? std::string_view("some data").copy(into, size) : 0;
        };
        return response;
    }

    http::Router router_;
    http::Server server_;
};

/// Until the server closes: the input is all that it will ever get.
std::string read_to_end(int fd) {
    std::string answer;
    char piece[4096];
    for (;;) {
        if (!becomes_readable(fd)) throw Finding("the server neither answers nor closes");
        const auto got = ::recv(fd, piece, sizeof piece, 0);
        if (got <= 0) return answer;
        answer.append(piece, static_cast<std::size_t>(got));
    }
}

}  // namespace

void http(std::string_view input) {
    static Server server;
    if (input.size() > 16 * 1024) return;  // must fit into the buffers of the sockets
    const int fd = server.connect();
    // Reset rather than wait at the end: tens of thousands of closed connections would use up the ports.
    const linger at_once{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    if (::send(fd, input.data(), input.size(), MSG_NOSIGNAL) >= 0) ::shutdown(fd, SHUT_WR);
    std::string answer;
    try {
        answer = read_to_end(fd);
    } catch (...) {
        ::close(fd);
        throw;
    }
    ::close(fd);
    if (answer.find("HTTP/1.1 500 ") != answer.npos) throw Finding("an answer is 500: " + answer);
    if (!answer.empty() && !answer.starts_with("HTTP/1.")) throw Finding("the answer is no HTTP");
}

}  // namespace virga::fuzz
