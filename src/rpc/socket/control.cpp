#include "rpc/socket/control.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "rpc/message.hpp"
#include "rpc/socket/connection.hpp"

namespace virga::rpc {
namespace {

/// Of descriptors or memory: it passes.
bool is_shortage(int failure) {
    return failure == EMFILE || failure == ENFILE || failure == ENOBUFS || failure == ENOMEM;
}

}  // namespace

/// The connection of a host.
class SocketControl::Peer : public Line {
public:
    explicit Peer(int fd) : connection(fd) {}
    void send(const std::string& text) override { connection.send_text(text); }  // a failure shows to its reader
    void shut_down() override { connection.shut_down(); }

    Connection connection;
    std::string host;                       ///< of its reader
    std::atomic<std::int64_t> asked_us{0};  ///< when the ping was sent that it hasn't answered yet; 0: none
    std::atomic<bool> ended{false};         ///< its reader is about to return
};

SocketControl::SocketControl(std::string socket_path, Heartbeat heartbeat)
    : path_(std::move(socket_path)), heartbeat_(heartbeat) {}

SocketControl::~SocketControl() {
    SocketControl::stop();
}

void SocketControl::start() {
    listener_ = listen_unix(path_);
    acceptor_ = std::thread([this] { accept_loop(); });
    asker_ = std::thread([this] { ask_loop(); });
}

/// Asks every host again and again whether it answers. One question at a time: what a stopped host doesn't read must
/// not fill its socket.
void SocketControl::ask_loop() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        lock.unlock();
        for (const auto& line : lines()) {
            const auto peer = std::static_pointer_cast<Peer>(line);
            std::int64_t none = 0;
            if (peer->asked_us.compare_exchange_strong(none, monotonic_us()))
                peer->send(text_of({{"type", "ping"}}));
            else if (std::chrono::microseconds(monotonic_us() - none) >= heartbeat_.silence)
                judge_silent(peer, none);
        }
        lock.lock();
        asking_.wait_for(lock, heartbeat_.interval, [this] { return stopping_; });
    }
}

void SocketControl::judge_silent(const PeerPtr& peer, std::int64_t asked_us) {
    fell_silent(peer);
    if (peer->asked_us != asked_us) heard(peer);  // it answered at this moment
}

/// Until there may be room again; false when the endpoint stops.
bool SocketControl::pause_accepting() {
    constexpr std::chrono::milliseconds kPause{100};
    std::unique_lock lock(mutex_);
    return !asking_.wait_for(lock, kPause, [this] { return stopping_; });
}

void SocketControl::accept_loop() {
    for (;;) {
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno == EINTR || errno == ECONNABORTED) continue;
            if (is_shortage(errno) && pause_accepting()) continue;
            return;
        }
        if (!peer_is_trusted(fd)) {
            log::warning("refused an RPC connection of another user");
            ::close(fd);
            continue;
        }
        const std::lock_guard lock(mutex_);
        if (stopping_) {
            ::close(fd);
            return;
        }
        auto peer = std::make_shared<Peer>(fd);
        join_ended_readers();
        try {
            readers_.push_back({std::thread([this, peer] { read_loop(peer); }), peer});
        } catch (const std::system_error& failure) {  // the connection ends, and the host tries again
            log::warning("no thread for a host", {{"error", std::string(failure.what())}});
        }
    }
}

/// With the lock held: their threads have nothing left to do but return.
void SocketControl::join_ended_readers() {
    std::erase_if(readers_, [](Reader& reader) {
        if (!reader.peer->ended) return false;
        reader.thread.join();
        return true;
    });
}

void SocketControl::read_loop(const PeerPtr& peer) {
    while (auto message = peer->connection.receive()) {
        peer->asked_us = 0;
        heard(peer);
        try {
            read(peer, *message);
        } catch (const Error& failure) {
            log::warning("bad RPC message", {{"host", peer->host}, {"error", failure.message()}});
            break;
        }
    }
    peer->shut_down();  // a host that was misunderstood connects anew instead of waiting for ever
    disconnect(peer);
    peer->ended = true;
}

void SocketControl::read(const PeerPtr& peer, const json::object& message) {
    if (get_string(message, "type") != "hello") return handle(peer, message);
    peer->host = get_string(message, "host");
    auto report = get_object(message, "report");
    connect(peer, peer->host, report);
    publish(peer->host, "host.up", std::move(report));
}

void SocketControl::stop() {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) return;
        stopping_ = true;
        end_calls();
        for (auto& reader : readers_) reader.peer->shut_down();
    }
    asking_.notify_all();
    if (asker_.joinable()) asker_.join();
    if (listener_ >= 0) ::shutdown(listener_, SHUT_RDWR);
    if (acceptor_.joinable()) acceptor_.join();
    if (listener_ >= 0) ::close(listener_);
    listener_ = -1;
    for (auto& reader : readers_) reader.thread.join();
    readers_.clear();
    end_events();
}

}  // namespace virga::rpc
