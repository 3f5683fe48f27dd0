#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"

namespace virga::http {

/// Case-insensitive header lookup, order kept.
class Headers {
public:
    void set(std::string_view name, std::string value);  ///< replaces
    void add(std::string_view name, std::string value);
    std::string_view get(std::string_view name) const;  ///< empty when absent
    bool contains(std::string_view name) const;
    const std::vector<std::pair<std::string, std::string>>& all() const { return items_; }

private:
    std::vector<std::pair<std::string, std::string>> items_;
};

/// Reads a request body piece by piece, in constant memory.
class BodyReader {
public:
    virtual ~BodyReader() = default;
    /// Fills at most `size` bytes; 0 at the end. Throws Error{Cancelled} when the client went away,
    /// Error{Timeout} when it sent nothing for 60 s.
    virtual std::size_t read(char* into, std::size_t size) = 0;
};

/// A response body that is sent piece by piece: returns the bytes put into `into` (at most `size`), 0 at the end.
using BodyWriter = std::function<std::size_t(char* into, std::size_t size)>;

struct Request {
    std::string method;                                      ///< upper case
    std::string path;                                        ///< decoded, without the query
    std::string target;                                      ///< as sent
    std::vector<std::pair<std::string, std::string>> query;  ///< decoded, in order, repeats kept
    Headers headers;
    std::string body;              ///< whole body, at most Limits::body_bytes; empty on a streaming route
    BodyReader* stream = nullptr;  ///< on a streaming route only
    std::optional<std::uint64_t> content_length;
    std::map<std::string, std::string, std::less<>> path_params;  ///< "server_id" -> value
    std::string request_id;  ///< "req-<uuid>"; comes back as x-openstack-request-id
    std::string remote_address;
    std::string base_url;  ///< "http://host:port" as the client addressed it

    /// First value of a query parameter; nullopt when absent.
    std::optional<std::string> query_value(std::string_view name) const;
    const std::string& param(
        std::string_view name) const;  ///< path parameter; throws Error{Internal} when not in the route
    /// Body as a JSON object. Throws Error{InvalidInput}: empty, malformed, not an object, nested deeper than 32.
    json::object json_body() const;
};

struct Response {
    int status = 200;
    Headers headers;
    std::string body;
    BodyWriter stream;                           ///< instead of body
    std::optional<std::uint64_t> stream_length;  ///< Content-Length of `stream`; chunked when absent

    static Response with_json(int status, const json::value& value);
    static Response empty(int status);
};

using Handler = std::function<Response(Request&)>;

/// One route. Patterns have literal segments and `{name}` segments, which match one segment each.
struct Route {
    std::string method;
    std::string pattern;  ///< "/image/v2/images/{image_id}/file"
    Handler handler;
    bool streaming = false;  ///< the body is read by the handler through Request::stream
    /// Name of the policy that decides who may use it; kPublic for everybody. Empty for a route of actions.
    std::string policy{};
    /// Action that the body names, and its policy.
    std::vector<std::pair<std::string, std::string>> actions{};
};

/// The policy of a route that needs no token: versions, and what one logs in with.
inline constexpr const char* kPublic = "public";
/// A route for everybody.
Route public_route(std::string method, std::string pattern, Handler handler);

/// Writes the OpenStack fault body of one service ("{"badRequest": {"code": 400, "message": ...}}") for a status.
using FaultWriter = std::function<std::string(int status, const std::string& message)>;
/// Adds headers to an answer, a fault or not.
using Stamp = std::function<void(const Request&, Response&)>;

/// Routes of all services. Below a prefix, errors are written in that service's form. An unknown path gives 404, a
/// known path with another method 405 with Allow; HEAD falls back to GET.
class Router {
public:
    Router();
    ~Router();
    void add(Route route);
    void set_fault_writer(std::string prefix, FaultWriter writer);
    /// Every answer below the prefix gets it.
    void set_stamp(std::string prefix, Stamp stamp);
    /// Finds and calls the handler; never throws: Error becomes the fault of its code, anything else a 500 with the
    /// request id and no internal text.
    Response handle(Request& request) const;
    /// The error response of a status in the form of the service that `path` belongs to.
    Response fault(std::string_view path, int status, const std::string& message) const;
    /// Whether the route reads its body through Request::stream. `path` is still percent-encoded.
    bool is_streaming(std::string_view method, std::string_view path) const;
    /// (method, pattern) of every route, for the generated API page.
    std::vector<std::pair<std::string, std::string>> routes() const;
    /// Every route in the same order. They live as long as the router, until another is added.
    std::vector<const Route*> declared() const;

private:
    struct Node;
    Response dispatch(Request& request) const;
    std::unique_ptr<Node> root_;
    std::map<std::string, FaultWriter, std::greater<>> fault_writers_;
    std::map<std::string, Stamp> stamps_;
};

/// HTTP status of an error code: NotFound 404, Conflict 409, InvalidInput 400, Unauthenticated 401, Forbidden 403,
/// QuotaExceeded 413 below "/volume" and 403 elsewhere, TooLarge 413, NotSupported 400, NoSpace 413 below "/image" and
/// 503 elsewhere, Busy 409, Unavailable 503, Timeout 503, Cancelled 409, Corrupt 500, Internal 500. The message of an
/// Error that becomes 500 goes to the log only.
int status_of(ErrorCode code, std::string_view path);

/// {"badRequest": {"code": 400, "message": "..."}}: Nova and Cinder.
std::string envelope_fault(int status, const std::string& message);
/// {"error": {"code": 401, "message": "...", "title": "Unauthorized"}}: Keystone.
std::string error_fault(int status, const std::string& message);
/// {"NeutronError": {"type": "...", "message": "...", "detail": ""}}: Neutron.
std::string neutron_fault(int status, const std::string& message);
/// HTML as Glance writes it: clients show the text of its body.
std::string html_fault(int status, const std::string& message);

struct ServerOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;          ///< 0: any free one
    std::size_t threads = 8;         ///< handlers at once
    std::size_t stream_threads = 8;  ///< uploads and downloads at once
    std::uint64_t body_bytes = 1024 * 1024;
    std::size_t connections = 4096;                    ///< open at once; more wait in the listen queue
    std::chrono::milliseconds header_timeout{30'000};  ///< first byte to whole header
    std::chrono::milliseconds idle_timeout{75'000};    ///< between requests of one connection
    std::chrono::milliseconds body_timeout{60'000};    ///< without any byte moving, either way
};

/// HTTP/1.1 server with keep-alive and pipelining. A header block over 16 KiB gets 431, a body over `body_bytes` on a
/// route that isn't streaming 413, malformed HTTP 400; each of them closes the connection. A streaming handler that
/// answers before it has read the whole body also ends the connection, after a bounded rest of the body was thrown
/// away.
class Server {
public:
    Server(ServerOptions options, const Router& router);
    ~Server();
    void start();  ///< Throws Error{Unavailable} when the address can't be bound.
    /// Closes idle connections, cancels streams, waits for handlers that run and sends their answers. May be called
    /// twice; a stopped server can't be started again.
    void stop();
    std::uint16_t port() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// A blocking client for `virga` sub-commands and tests: plain "http://host:port/path", a new connection each time.
/// Throws Error{InvalidInput} for another kind of URL, Error{Unavailable} when there is no answer, Error{Timeout} when
/// it takes over 60 s.
struct ClientResponse {
    int status = 0;
    Headers headers;
    std::string body;
};
ClientResponse request(const std::string& method, const std::string& url, const Headers& headers = {},
                       const std::string& body = {});

}  // namespace virga::http
