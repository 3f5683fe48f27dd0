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
#include "http/request_headers.hpp"

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
    RequestHeaders headers;
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
    /// Body as an object. Throws Error{InvalidInput}: empty, no JSON object, deeper than 32, over 1024 entries in one.
    json::object json_body() const;
};

struct Later;

struct Response {
    int status = 200;
    Headers headers;
    std::string body;
    BodyWriter stream;                           ///< instead of body
    std::optional<std::uint64_t> stream_length;  ///< Content-Length of `stream`; chunked when absent
    /// Instead of all of these: the answer is made elsewhere. Headers that are set beside it become the answer's.
    std::shared_ptr<const Later> later = {};

    static Response with_json(int status, const json::value& value);
    static Response empty(int status);
    /// Leaves the rest for later: see Later.
    static Response waiting_for(std::string on, std::function<Response()> work);
};

/// The rest of a request that waits for something outside of this process. It runs on threads of its own, so that it
/// holds up nobody who asks for something else.
struct Later {
    std::string on;                  ///< what it waits for ("host-1"): so many wait for one thing, and no more
    std::function<Response()> work;  ///< throws as a handler does
};

using Handler = std::function<Response(Request&)>;

/// One route. Patterns have literal segments and `{name}` segments, which match one segment each.
struct Route {
    std::string method;
    std::string pattern;  ///< "/image/v2/images/{image_id}/file"
    Handler handler;
    bool streaming = false;  ///< the body is read by the handler through Request::stream
    /// Name of the policy that decides who may use it; kPublic for everybody, without a token. Empty for a route of
    /// actions.
    std::string policy{};
    /// Action that the body names, and its policy.
    std::vector<std::pair<std::string, std::string>> actions{};
};

/// Looks at the token of a request whose body has not come yet. Gives the one on whose account the request is (the
/// project, or the user of a token without one); throws Error{Unauthenticated}.
using Gate = std::function<std::string(const Request&)>;

/// What the head of a request decides: an answer without waiting for the body, or whose body it is.
struct Admission {
    std::optional<Response> refusal;
    std::string account;  ///< empty on an open route, and without a gate
};

/// What a path and a method lead to.
struct RouteTraits {
    bool found = false;
    bool streaming = false;
    bool open = false;
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
    /// Without one, every request is admitted.
    void set_gate(Gate gate);
    void set_fault_writer(std::string prefix, FaultWriter writer);
    /// Every answer below the prefix gets it.
    void set_stamp(std::string prefix, Stamp stamp);
    /// Below a prefix ("/volume/v3") a path that ends with a slash names something by an empty id: 404, as the original
    /// answers. Elsewhere the slash means nothing.
    void refuse_empty_ids(std::string prefix);
    /// Finds and calls the handler; never throws: Error becomes the fault of its code, anything else a 500 with the
    /// request id and no internal text.
    Response handle(Request& request) const;
    /// The answer of a request whose handler left the rest for later. Never throws, as handle().
    Response finish(const Request& request, const Response& begun) const;
    /// Asks before a body is read: an unknown path, a wrong method and a request without a valid token are answered at
    /// once. Never throws. Without any token it asks nobody, so it may be called where nothing may block.
    Admission admit(Request& request) const;
    /// The error response of a status in the form of the service that `path` belongs to.
    Response fault(std::string_view path, int status, const std::string& message) const;
    /// `path` is still percent-encoded.
    RouteTraits traits_of(std::string_view method, std::string_view path) const;
    /// (method, pattern) of every route, for the generated API page.
    std::vector<std::pair<std::string, std::string>> routes() const;
    /// Every route in the same order. They live as long as the router, until another is added.
    std::vector<const Route*> declared() const;

private:
    struct Node;
    Response dispatch(Request& request) const;
    Response answer(const Request& request, const std::function<Response()>& make) const;
    Response no_route(const Request& request, const std::string& allow) const;
    bool has_empty_id(std::string_view path) const;
    Response empty_id(const Request& request) const;
    std::unique_ptr<Node> root_;
    Gate gate_;
    std::map<std::string, FaultWriter, std::greater<>> fault_writers_;
    std::map<std::string, Stamp> stamps_;
    std::vector<std::string> no_empty_ids_;
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

struct TlsOptions {
    std::string certificate;  ///< PEM file: the server's certificate, then those in between; empty: plain HTTP
    std::string key;          ///< PEM file
    std::chrono::seconds hsts{31'536'000};  ///< how long browsers insist on TLS; 0: not said
};

struct ServerOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;           ///< 0: any free one
    std::size_t threads = 8;          ///< handlers at once
    std::size_t stream_threads = 4;   ///< pieces of downloads that are made at once; a slow reader holds none
    std::size_t upload_threads = 16;  ///< uploads at once; more wait
    std::size_t uploads_per_account = 4;
    std::size_t waiting_threads = 8;  ///< requests at once that wait for hosts; started when they are needed
    std::uint64_t body_bytes = 1024 * 1024;
    std::uint64_t open_body_bytes = 64UL * 1024;           ///< of a request that needs no token
    std::uint64_t bodies_bytes = 64UL * 1024 * 1024;       ///< bodies that wait in memory, all connections together
    std::size_t connections = 4096;                        ///< open at once; idle ones make room for new ones
    std::size_t connections_per_peer = 256;                ///< of one address
    std::vector<std::string> proxies{"127.0.0.1", "::1"};  ///< addresses that stand for many clients: no such limit
    std::chrono::milliseconds handshake_timeout{10'000};   ///< connection to end of the TLS handshake
    std::chrono::milliseconds header_timeout{30'000};      ///< first byte to whole header
    std::chrono::milliseconds idle_timeout{75'000};        ///< between requests of one connection
    std::chrono::milliseconds body_timeout{60'000};        ///< without any byte moving, either way
    std::chrono::milliseconds stalled_timeout{10'000};     ///< the same, for an upload whose thread others wait for
    std::chrono::milliseconds handler_limit{30'000};       ///< CPU time of one handler's reading from the database
    TlsOptions tls;
};

/// HTTP/1.1 server with keep-alive and pipelining, plain or with TLS 1.2 and later. A header block over 16 KiB gets
/// 431, a body over `body_bytes` on a route that isn't streaming 413, malformed or ambiguous HTTP 400; each of them
/// closes the connection. A body is read only after the router has admitted its head, and only while `bodies_bytes` are
/// not used up (503). A streaming handler that answers before it has read the whole body also ends the connection,
/// after a bounded rest of the body was thrown away.
class Server {
public:
    Server(ServerOptions options, const Router& router);
    ~Server();
    /// Throws Error{Unavailable} when the address can't be bound, Error{InvalidInput} when the certificate or key can't
    /// be used.
    void start();
    /// Closes idle connections, cancels streams, waits for handlers that run and sends their answers. May be called
    /// twice; a stopped server can't be started again.
    void stop();
    std::uint16_t port() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

struct ClientResponse {
    int status = 0;
    Headers headers;
    std::string body;
};
/// A blocking client for `virga` sub-commands and tests: "http[s]://host:port/path", a new connection each time. With
/// https the server must have a certificate for `host` of an authority in `ca_file` (PEM; empty: those that the system
/// trusts). Throws Error{InvalidInput} for another kind of URL and an unusable file, Error{Unavailable} when there is
/// no answer or no trust, Error{Timeout} when it takes over 60 s.
ClientResponse request(const std::string& method, const std::string& url, const Headers& headers = {},
                       const std::string& body = {}, const std::string& ca_file = {});

}  // namespace virga::http
