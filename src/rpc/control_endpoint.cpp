#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>

#include "base/host_error.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "base/scope_exit.hpp"
#include "base/thread_pool.hpp"
#include "rpc/connection.hpp"
#include "rpc/rpc.hpp"

namespace virga::rpc {
namespace {

using Clock = std::chrono::steady_clock;

/// How long a call waits for a host that isn't connected: a restart takes less.
constexpr std::chrono::seconds kReconnectGrace{10};
/// How long a cancelled call waits for the host to end the command.
constexpr std::chrono::seconds kCancelGrace{30};

struct Peer {
    explicit Peer(int fd) : connection(fd) {}
    Connection connection;
    std::string host;
    json::object report;
    bool leaves = false;             ///< it said so: it ends as it was told to; its reader's
    std::atomic<bool> ended{false};  ///< its reader is about to return
    // With the lock of the endpoint:
    std::optional<Clock::time_point> asked;  ///< a ping that it hasn't answered yet
    bool silent = false;                     ///< for so long that it is held for stuck
};
using PeerPtr = std::shared_ptr<Peer>;

struct Reader {
    std::thread thread;
    PeerPtr peer;
};

/// A call that waits for the reply to its command. Replies carry the command's id, so that one to a former control
/// process is never taken for another command's.
struct Pending {
    std::string host;
    PeerPtr sent_to;
    bool done = false;
    json::object reply;
    std::function<void(std::int64_t, std::int64_t)> on_progress;
};

/// Of descriptors or memory: it passes.
bool is_shortage(int failure) {
    return failure == EMFILE || failure == ENFILE || failure == ENOBUFS || failure == ENOMEM;
}

HostError error_of(const json::object& reply) {
    const auto error = get_object(reply, "error");
    return {error_code_from_string(get_string(error, "code")), get_string(error, "message"),
            get_string(error, "detail")};
}

}  // namespace

struct ControlEndpoint::Impl {
    Impl(std::string socket_path, Heartbeat times) : path(std::move(socket_path)), heartbeat(times) {}

    /// Asks every host again and again whether it answers. One question at a time: what a stopped host doesn't read
    /// must not fill its socket.
    void ask_loop() {
        std::unique_lock lock(mutex);
        while (!stopping) {
            std::vector<PeerPtr> to_ask;
            for (const auto& [name, peer] : peers) {
                if (!peer->asked) {
                    peer->asked = Clock::now();
                    to_ask.push_back(peer);
                } else if (!peer->silent && Clock::now() - *peer->asked >= heartbeat.silence) {
                    peer->silent = true;
                    log::warning("host doesn't answer", {{"host", name}});
                    changed.notify_all();
                }
            }
            lock.unlock();
            for (const auto& peer : to_ask) peer->connection.send({{"type", "ping"}});
            lock.lock();
            asking.wait_for(lock, heartbeat.interval, [this] { return stopping; });
        }
    }

    /// Any message shows that the host is at work.
    void heard(const PeerPtr& peer) {
        const std::lock_guard lock(mutex);
        peer->asked.reset();
        if (!peer->silent) return;
        peer->silent = false;
        log::info("host answers again", {{"host", peer->host}});
        changed.notify_all();
    }

    /// Until there may be room again; false when the endpoint stops.
    bool pause_accepting() {
        constexpr std::chrono::milliseconds kPause{100};
        std::unique_lock lock(mutex);
        return !asking.wait_for(lock, kPause, [this] { return stopping; });
    }

    void accept_loop() {
        for (;;) {
            const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
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
            const std::lock_guard lock(mutex);
            if (stopping) {
                ::close(fd);
                return;
            }
            auto peer = std::make_shared<Peer>(fd);
            all_peers.push_back(peer);
            join_ended_readers();
            readers.push_back({std::thread([this, peer] { read_loop(peer); }), peer});
        }
    }

    /// With the lock held: their threads have nothing left to do but return.
    void join_ended_readers() {
        std::erase_if(readers, [](Reader& reader) {
            if (!reader.peer->ended) return false;
            reader.thread.join();
            return true;
        });
    }

    void read_loop(const PeerPtr& peer) {
        while (auto message = peer->connection.receive()) {
            heard(peer);
            try {
                handle(peer, *message);
            } catch (const Error& failure) {
                log::warning("bad RPC message", {{"host", peer->host}, {"error", failure.message()}});
                break;
            }
        }
        peer->connection.shut_down();  // a host that was misunderstood connects anew instead of waiting for ever
        lost(peer);
    }

    void handle(const PeerPtr& peer, const json::object& message) {
        const auto type = get_string(message, "type");
        if (type == "reply") return replied(*peer, message);
        if (type == "progress") return progressed(*peer, message);
        if (type == "hello") return greeted(peer, message);
        if (type == "bye") peer->leaves = true;
        if (type == "report") return reported(peer, message);
        if (type == "event") publish(peer->host, get_string(message, "event"), get_object(message, "params"));
    }

    void reported(const PeerPtr& peer, const json::object& message) {
        auto report = get_object(message, "report");
        {
            const std::lock_guard lock(mutex);
            peer->report = report;
        }
        publish(peer->host, "host.report", std::move(report));
    }

    void greeted(const PeerPtr& peer, const json::object& message) {
        const auto host = get_string(message, "host");
        auto report = get_object(message, "report");
        {
            const std::lock_guard lock(mutex);
            peer->host = host;
            peer->report = report;
            if (const auto old = peers.find(host); old != peers.end()) old->second->connection.shut_down();
            peers[host] = peer;
        }
        log::info("host is up", {{"host", host}});
        changed.notify_all();
        peer->connection.send({{"type", "welcome"}});
        publish(host, "host.up", std::move(report));
    }

    void lost(const PeerPtr& peer) {
        bool was_current = false;
        bool is_expected = peer->leaves;
        {
            const std::lock_guard lock(mutex);
            is_expected = is_expected || stopping;
            const auto found = peers.find(peer->host);
            was_current = found != peers.end() && found->second == peer;
            if (was_current) peers.erase(found);
            std::erase(all_peers, peer);
        }
        const ScopeExit end([&peer] { peer->ended = true; });
        changed.notify_all();
        if (!was_current) return;
        if (is_expected)
            log::info("host has ended", {{"host", peer->host}});
        else
            log::warning("host is down", {{"host", peer->host}});
        publish(peer->host, "host.down", {});
    }

    void publish(std::string host, std::string event, json::object params) {
        events.post([this, host = std::move(host), event = std::move(event), params = std::move(params)] {
            try {
                if (handler) handler(host, event, params);
            } catch (const std::exception& failure) {
                log::error("event could not be handled",
                           {{"host", host}, {"event", event}, {"error", std::string(failure.what())}});
            }
        });
    }

    void replied(const Peer& peer, const json::object& message) {
        {
            const std::lock_guard lock(mutex);
            const auto [begin, end] = pending.equal_range(get_string(message, "id"));
            for (auto call = begin; call != end; ++call) {
                if (call->second->host != peer.host) continue;
                call->second->reply = message;
                call->second->done = true;
            }
        }
        changed.notify_all();
    }

    void progressed(const Peer& peer, const json::object& message) {
        std::vector<std::function<void(std::int64_t, std::int64_t)>> listeners;
        {
            const std::lock_guard lock(mutex);
            const auto [begin, end] = pending.equal_range(get_string(message, "id"));
            for (auto call = begin; call != end; ++call) {
                if (call->second->host == peer.host) listeners.push_back(call->second->on_progress);
            }
        }
        for (const auto& tell : listeners) {
            if (tell) tell(get_int(message, "done"), get_int(message, "total"));
        }
    }

    json::object call(const std::string& host, std::string_view method, json::object params,
                      const CallOptions& options) {
        Pending mine;
        mine.host = host;
        mine.on_progress = options.on_progress;
        std::unique_lock lock(mutex);
        const auto id = options.command_id.empty() ? new_uuid() : options.command_id;
        const json::object message{{"type", "call"},
                                   {"id", id},
                                   {"method", method},
                                   {"request_id", options.request_id},
                                   {"account", options.account},
                                   {"params", std::move(params)}};
        {
            const auto place = pending.emplace(id, &mine);
            const ScopeExit forget([this, place] { pending.erase(place); });
            wait_for_reply(lock, host, message, options, mine);
        }
        lock.unlock();
        if (mine.reply.contains("error")) throw error_of(mine.reply);
        return get_object(mine.reply, "result");
    }

    void wait_for_reply(std::unique_lock<std::mutex>& lock, const std::string& host, const json::object& message,
                        const CallOptions& options, Pending& mine) {
        const auto deadline = Clock::now() + options.deadline;
        auto away_until = Clock::now() + kReconnectGrace;
        auto give_up = deadline;
        bool cancel_sent = false;
        while (!mine.done) {
            if (stopping) throw Error(ErrorCode::Cancelled, "the control process ends");
            const auto current = peers.find(host);
            const auto peer = current == peers.end() ? nullptr : current->second;
            const bool silent = peer && peer->silent;
            if (silent && options.only_if_it_answers) {
                throw Error(ErrorCode::Unavailable, "The host does not answer. Try again later.", "host " + host);
            }
            if (peer && !silent && mine.sent_to != peer) {
                mine.sent_to = peer;
                cancel_sent = false;
                send(lock, peer, message);
                continue;
            }
            if (peer) away_until = Clock::now() + kReconnectGrace;
            if (!cancel_sent && options.cancelled && options.cancelled()) {
                if (!peer || mine.sent_to != peer) throw Error(ErrorCode::Cancelled, "the command was cancelled");
                cancel_sent = true;
                give_up = std::min(deadline, Clock::now() + kCancelGrace);
                send(lock, peer, {{"type", "cancel"}, {"id", message.at("id")}});
                continue;
            }
            const auto until = peer ? give_up : std::min(give_up, away_until);
            if (changed.wait_until(lock, until) != std::cv_status::timeout || mine.done) continue;
            if (cancel_sent) throw Error(ErrorCode::Cancelled, "the command was cancelled");
            if (peers.count(host) == 0)
                throw Error(ErrorCode::Unavailable, "the host of this is not connected", "host " + host);
            if (Clock::now() >= deadline)
                throw Error(ErrorCode::Timeout, "the host of this did not answer in time",
                            "host " + host + ", " + std::string(message.at("method").as_string()));
        }
    }

    /// Without the lock: the reply may come before send returns.
    static void send(std::unique_lock<std::mutex>& lock, const PeerPtr& peer, const json::object& message) {
        lock.unlock();
        peer->connection.send(message);  // a failure shows as the end of the connection
        lock.lock();
    }

    void stop() {
        {
            const std::lock_guard lock(mutex);
            if (stopping) return;
            stopping = true;
            for (auto& peer : all_peers) peer->connection.shut_down();
        }
        changed.notify_all();
        asking.notify_all();
        if (asker.joinable()) asker.join();
        if (listener >= 0) ::shutdown(listener, SHUT_RDWR);
        if (acceptor.joinable()) acceptor.join();
        if (listener >= 0) ::close(listener);
        listener = -1;
        for (auto& reader : readers) reader.thread.join();
        readers.clear();
        events.stop();
    }

    std::string path;
    Heartbeat heartbeat;
    int listener = -1;
    std::mutex mutex;
    std::condition_variable changed;  ///< a reply, a host that came or went, a wake-up
    bool stopping = false;
    std::map<std::string, PeerPtr> peers;  ///< by host name, connected ones only
    std::vector<PeerPtr> all_peers;
    std::multimap<std::string, Pending*> pending;  ///< by command id: whoever asks for the same waits for the same
    EventHandler handler;
    std::condition_variable asking;
    std::thread acceptor;
    std::thread asker;
    std::vector<Reader> readers;
    ThreadPool events{"rpc-events", 1};
};

ControlEndpoint::ControlEndpoint(std::string socket_path, Heartbeat heartbeat)
    : impl_(std::make_unique<Impl>(std::move(socket_path), heartbeat)) {}
ControlEndpoint::~ControlEndpoint() {
    stop();
}

void ControlEndpoint::on_event(EventHandler handler) {
    impl_->handler = std::move(handler);
}

void ControlEndpoint::start() {
    impl_->listener = listen_unix(impl_->path);
    impl_->acceptor = std::thread([this] { impl_->accept_loop(); });
    impl_->asker = std::thread([this] { impl_->ask_loop(); });
}

void ControlEndpoint::stop() {
    impl_->stop();
}

void ControlEndpoint::wake() {
    { const std::lock_guard lock(impl_->mutex); }  // a call between its check and its wait must not miss it
    impl_->changed.notify_all();
}

json::object ControlEndpoint::call(const std::string& host, std::string_view method, json::object params,
                                   const CallOptions& options) {
    return impl_->call(host, method, std::move(params), options);
}

std::vector<HostState> ControlEndpoint::hosts() const {
    const std::lock_guard lock(impl_->mutex);
    std::vector<HostState> out;
    for (const auto& [name, peer] : impl_->peers) out.push_back({name, peer->report, !peer->silent});
    return out;
}

bool ControlEndpoint::is_up(const std::string& host) const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->peers.count(host) > 0;
}

bool ControlEndpoint::answers(const std::string& host) const {
    const std::lock_guard lock(impl_->mutex);
    const auto found = impl_->peers.find(host);
    return found != impl_->peers.end() && !found->second->silent;
}

}  // namespace virga::rpc
