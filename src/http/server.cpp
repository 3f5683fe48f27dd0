#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>

#include "base/log.hpp"
#include "http/address_list.hpp"
#include "http/session.hpp"

namespace virga::http {
namespace {

using Acceptor = net::basic_socket_acceptor<net::ip::tcp, net::io_context::executor_type>;

constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr std::chrono::seconds kStopGrace{2};

/// Helper programs must not inherit connections: the peer would never see them closed.
void close_on_exec(int fd) {
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

constexpr std::string_view kTooMany =
    "HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n";

std::string url_of(const net::ip::tcp::endpoint& endpoint, bool tls) {
    const auto address = endpoint.address().to_string();
    const auto host = endpoint.address().is_v6() ? "[" + address + "]" : address;
    return (tls ? "https://" : "http://") + host + ":" + std::to_string(endpoint.port());
}

}  // namespace

struct Server::Impl {
    Impl(ServerOptions options, const Router& router)
        : shared(std::move(options), router),
          proxies(shared.options.proxies),
          acceptor(shared.io),
          pause(shared.io),
          work(shared.io.get_executor()) {}

    void bind();
    void accept();
    void accept_later();
    void arrived(Socket socket);
    bool make_room();
    bool close_idle(const std::function<bool(const Session&)>& fits);
    bool peer_has_room(const std::string& peer);
    void add_session(Socket socket);
    void stop_sessions(bool all);

    Shared shared;
    AddressList proxies;
    Acceptor acceptor;
    net::steady_timer pause;
    std::optional<Socket> parked;  ///< accepted, waits for a place
    net::executor_work_guard<net::io_context::executor_type> work;
    std::thread thread;
    std::uint16_t port = 0;
};

void Server::Impl::bind() {
    beast::error_code failure;
    const auto& options = shared.options;
    const auto address = net::ip::make_address(options.address, failure);
    const net::ip::tcp::endpoint endpoint(address, options.port);
    if (!failure) acceptor.open(endpoint.protocol(), failure);
    if (!failure) acceptor.set_option(net::socket_base::reuse_address(true), failure);
    if (!failure) acceptor.bind(endpoint, failure);
    if (!failure) acceptor.listen(net::socket_base::max_listen_connections, failure);
    if (failure) {
        throw Error(ErrorCode::Unavailable, "can't listen on " + options.address + " port " +
                                                std::to_string(options.port) + ": " + failure.message());
    }
    close_on_exec(acceptor.native_handle());
    port = acceptor.local_endpoint().port();
    shared.bound_url = url_of(acceptor.local_endpoint(), shared.tls != nullptr);
}

void Server::Impl::accept() {
    acceptor.async_accept([this](beast::error_code failure, Socket socket) {
        if (shared.stopping || failure == net::error::operation_aborted) return;
        if (failure) {
            log::warning("can't accept a connection", {{"reason", failure.message()}});
            make_room();  // descriptors may have run out
            return accept_later();
        }
        arrived(std::move(socket));
    });
}

void Server::Impl::arrived(Socket socket) {
    if (shared.open >= shared.options.connections && !make_room()) {
        parked = std::move(socket);
        return accept_later();
    }
    add_session(std::move(socket));
    accept();
}

/// Descriptors or places ran out, and every connection is at work: those that end meanwhile make room.
void Server::Impl::accept_later() {
    pause.expires_after(kAcceptPause);
    pause.async_wait([this](beast::error_code failure) {
        if (failure || shared.stopping) return;
        if (!parked) return accept();
        auto socket = std::move(*parked);
        parked.reset();
        arrived(std::move(socket));
    });
}

/// Who waits longest for the least has to go, so that a new client gets an answer.
bool Server::Impl::make_room() {
    auto& expendable = shared.expendable;
    if (close_idle([](const Session&) { return true; })) return true;
    for (auto* list : {&expendable.slow, &expendable.open_bodies, &expendable.stalled, &expendable.idle}) {
        if (list->empty()) continue;
        list->front()->close();
        return true;
    }
    return false;
}

bool Server::Impl::close_idle(const std::function<bool(const Session&)>& fits) {
    auto& idle = shared.expendable.idle;
    const auto oldest =
        std::find_if(idle.begin(), idle.end(), [&](const auto* each) { return fits(*each) && !each->has_unread(); });
    if (oldest == idle.end()) return false;
    (*oldest)->close();
    return true;
}

bool Server::Impl::peer_has_room(const std::string& peer) {
    const auto& options = shared.options;
    const auto found = shared.open_of_peer.find(peer);
    if (found == shared.open_of_peer.end() || found->second < options.connections_per_peer) return true;
    if (proxies.contains(peer)) return true;
    return close_idle([&](const Session& each) { return each.remote_address() == peer; });
}

void Server::Impl::add_session(Socket socket) {
    beast::error_code failure;
    close_on_exec(socket.native_handle());
    socket.set_option(net::ip::tcp::no_delay(true), failure);
    const auto remote = socket.remote_endpoint(failure);
    if (failure) return;  // gone before it was looked at
    const auto peer = remote.address().to_string();
    if (peer_has_room(peer)) return std::make_shared<Session>(shared, std::move(socket), peer)->start();
    if (!shared.tls) ::send(socket.native_handle(), kTooMany.data(), kTooMany.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void Server::Impl::stop_sessions(bool all) {
    std::vector<std::shared_ptr<Session>> open;
    {
        const std::lock_guard lock(shared.mutex);
        for (auto* session : shared.sessions) {
            if (auto alive = session->weak_from_this().lock()) open.push_back(std::move(alive));
        }
    }
    for (const auto& session : open) all ? session->close() : session->on_stop();
}

Server::Server(ServerOptions options, const Router& router)
    : impl_(std::make_unique<Impl>(std::move(options), router)) {}

Server::~Server() {
    stop();
}

void Server::start() {
    auto& shared = impl_->shared;
    if (!shared.options.tls.certificate.empty()) {
        shared.tls = std::make_unique<TlsFiles>(shared.options.tls);
        shared.handshakes.emplace("http-tls", 1);
    }
    impl_->bind();
    net::post(impl_->shared.io, [impl = impl_.get()] { impl->accept(); });
    impl_->thread = std::thread([impl = impl_.get()] { impl->shared.io.run(); });
}

void Server::stop() {
    auto& shared = impl_->shared;
    if (!impl_->thread.joinable()) return;
    shared.stopping = true;
    net::post(shared.io, [impl = impl_.get()] {
        impl->acceptor.close();
        impl->pause.cancel();
        impl->parked.reset();
        impl->stop_sessions(false);
    });
    shared.handlers.stop();
    shared.upload_threads.stop();
    shared.streams.stop();
    shared.waiters.stop();
    if (shared.handshakes) shared.handshakes->stop();
    {
        std::unique_lock lock(shared.mutex);
        shared.changed.wait_for(lock, kStopGrace, [&] { return shared.sessions.empty(); });
    }
    net::post(shared.io, [impl = impl_.get()] {
        impl->stop_sessions(true);
        impl->work.reset();
        impl->shared.io.stop();
    });
    impl_->thread.join();
}

std::uint16_t Server::port() const {
    return impl_->port;
}

}  // namespace virga::http
