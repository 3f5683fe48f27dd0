#include "rpc/nats/broker.hpp"

#include <nats/nats.h>

#include <map>

#include "base/error.hpp"
#include "base/log.hpp"
#include "rpc/nats/parts.hpp"

namespace virga::rpc::nats {
namespace {

constexpr std::chrono::milliseconds kReconnectPause{100};
constexpr std::int64_t kConnectTimeout_ms = 5'000;
constexpr std::int64_t kFlushTimeout_ms = 5'000;
constexpr std::int64_t kWriteDeadline_ms = 10'000;
/// A server that is frozen is noticed by this only.
constexpr std::int64_t kPing_ms = 2'000;
constexpr int kMostPingsOut = 2;
/// The client library leaves out a signature whose first byte is zero (nats.c up to 3.4.1 takes it for an empty text),
/// so that of good credentials, too, one connection in 256 is refused. Each try has a signature of its own.
constexpr int kRefusalsBelieved = 4;
/// Of what came and wasn't read yet; more is lost, which is said in the log.
constexpr int kMostPendingBytes = 256 * 1024 * 1024;

void require(natsStatus status, const char* what) {
    if (status != NATS_OK)
        throw Error(ErrorCode::Internal, std::string("NATS: ") + what + ": " + natsStatus_GetText(status));
}

bool is_nobody_there(natsStatus status) {
    return status == NATS_NO_SERVER || status == NATS_TIMEOUT || status == NATS_IO_ERROR ||
           status == NATS_CONNECTION_CLOSED || status == NATS_STALE_CONNECTION || status == NATS_SYS_ERROR;
}

std::string refusal_of(natsStatus status) {
    switch (status) {
        case NATS_CONNECTION_AUTH_FAILED:
        case NATS_NOT_PERMITTED:
            return "rpc.url, rpc.credentials: the NATS server refuses the user, password or credentials";
        case NATS_SSL_ERROR:
            return "rpc.tls_ca: the certificate of the NATS server isn't of this authority, or not for its address";
        case NATS_SECURE_CONNECTION_REQUIRED:
            return "rpc.url: the NATS server wants encrypted connections (tls://)";
        case NATS_SECURE_CONNECTION_WANTED:
            return "rpc.url: the NATS server has no encryption, and tls:// asks for it";
        default:
            return std::string("rpc.url: the NATS server can't be used: ") + natsStatus_GetText(status);
    }
}

}  // namespace

struct Broker::Subscription {
    std::string subject;
    std::string group;
    Reader reader;
    std::size_t prefix_size;
    std::map<std::string, Parts, std::less<>> parts;  ///< by subject, of texts that aren't whole yet

    void take(std::string_view from, std::string_view piece) {
        auto place = parts.find(from);
        if (place == parts.end()) place = parts.emplace(std::string(from), Parts()).first;
        const auto whole = place->second.add(piece);
        if (place->second.empty()) parts.erase(place);
        if (!whole) return;
        try {
            reader(from.substr(prefix_size), *whole);
        } catch (const Error& failure) {
            log::warning("bad RPC message", {{"subject", from}, {"error", failure.message()}});
        }
    }
};

void Broker::OptionsDeleter::operator()(natsOptions* options) const {
    natsOptions_Destroy(options);
}

/// One connection and its subscriptions, from its beginning to the end of all that calls back.
class Broker::Session {
public:
    Session(Broker& owner, natsOptions* options) : owner_(owner) {
        natsOptions_SetClosedCB(options, &Session::closed, this);
        natsOptions_SetErrorHandler(options, &Session::failed, this);
        status_ = natsConnection_Connect(&connection_, options);
    }
    ~Session() {
        if (connection_ == nullptr) return;
        natsConnection_Close(connection_);
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return closed_ && running_ == 0; });
        lock.unlock();
        for (auto* subscription : subscriptions_) natsSubscription_Destroy(subscription);
        natsConnection_Destroy(connection_);
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    natsStatus status() const { return status_; }
    bool is_open() const {
        return connection_ != nullptr && natsConnection_Status(connection_) == NATS_CONN_STATUS_CONNECTED;
    }

    /// Fails, too, when the connection ends meanwhile: whoever calls looks at is_open().
    natsStatus subscribe(Subscription& to) {
        natsSubscription* made = nullptr;
        const auto begun =
            to.group.empty()
                ? natsConnection_Subscribe(&made, connection_, to.subject.c_str(), &take, &to)
                : natsConnection_QueueSubscribe(&made, connection_, to.subject.c_str(), to.group.c_str(), &take, &to);
        if (begun != NATS_OK) return begun;
        subscriptions_.push_back(made);
        {
            const std::lock_guard lock(mutex_);
            ++running_;
        }
        if (natsSubscription_SetOnCompleteCB(made, &completed, this) != NATS_OK) completed(this);
        return natsSubscription_SetPendingLimits(made, -1, kMostPendingBytes);
    }
    void flush() { natsConnection_FlushTimeout(connection_, kFlushTimeout_ms); }
    void publish(const std::string& subject, std::string_view text) {
        natsConnection_Publish(connection_, subject.c_str(), text.data(), static_cast<int>(text.size()));
    }
    std::size_t most_payload() const { return static_cast<std::size_t>(natsConnection_GetMaxPayload(connection_)); }

private:
    static void take(natsConnection*, natsSubscription*, natsMsg* message, void* subscription) {
        static_cast<Subscription*>(subscription)
            ->take(natsMsg_GetSubject(message),
                   {natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message))});
        natsMsg_Destroy(message);
    }
    static void completed(void* closure) {
        auto& session = *static_cast<Session*>(closure);
        const std::lock_guard lock(session.mutex_);
        --session.running_;
        session.changed_.notify_all();
    }
    static void closed(natsConnection*, void* closure) {
        auto& session = *static_cast<Session*>(closure);
        {
            const std::lock_guard lock(session.owner_.mutex_);
            session.owner_.changed_.notify_all();
        }
        const std::lock_guard lock(session.mutex_);
        session.closed_ = true;
        session.changed_.notify_all();
    }
    static void failed(natsConnection* connection, natsSubscription*, natsStatus status, void*) {
        const char* text = nullptr;
        natsConnection_GetLastError(connection, &text);
        log::warning("NATS refuses or has lost something",
                     {{"error", std::string(natsStatus_GetText(status))}, {"text", text == nullptr ? "" : text}});
    }

    Broker& owner_;
    natsConnection* connection_ = nullptr;
    natsStatus status_ = NATS_OK;
    std::vector<natsSubscription*> subscriptions_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool closed_ = false;
    int running_ = 0;  ///< subscriptions whose readers may still be called
};

Broker::Broker(Meeting meeting, std::string name) : meeting_(std::move(meeting)), name_(std::move(name)) {}

Broker::~Broker() {
    stop();
}

void Broker::subscribe(std::string subject, std::string group, Reader reader) {
    auto made = std::make_unique<Subscription>();
    made->subject = meeting_.prefix + "." + subject;
    made->group = std::move(group);
    made->reader = std::move(reader);
    made->prefix_size = meeting_.prefix.size() + 1;
    subscriptions_.push_back(std::move(made));
}

void Broker::on_connected(std::function<void()> handler) {
    connected_ = std::move(handler);
}

void Broker::on_lost(std::function<void()> handler) {
    lost_ = std::move(handler);
}

bool Broker::start(std::chrono::milliseconds patience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    auto first = connect();
    while (!first && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(kReconnectPause);
        first = connect();
    }
    const bool connected = first != nullptr;
    {
        const std::lock_guard lock(mutex_);
        session_ = std::move(first);
    }
    if (connected && connected_) connected_();
    keeper_ = std::thread([this] { run(); });
    return connected;
}

/// Makes a connection again and again.
void Broker::run() {
    while (true) {
        if (const auto* session = current().get()) {
            wait_for_end(*session);
            if (is_stopping()) return;
            log::warning("the connection to NATS is lost");
            if (lost_) lost_();
            retire();
        }
        const bool connected = reconnect();
        if (is_stopping()) return;
        if (!connected) continue;
        log::info("connected to NATS");
        if (connected_) connected_();
    }
}

/// A refusal may pass, too: somebody may be at work on the server's settings.
bool Broker::reconnect() {
    std::shared_ptr<Session> fresh;
    std::string refusal;
    try {
        fresh = connect();
    } catch (const Error& failure) {
        refusal = failure.message();
    }
    if (!refusal.empty() && refusal != refusal_) log::error(refusal);
    refusal_ = refusal;
    std::unique_lock lock(mutex_);
    if (!fresh) changed_.wait_for(lock, kReconnectPause, [this] { return stopping_; });
    session_ = fresh;
    return fresh != nullptr;
}

void Broker::wait_for_end(const Session& session) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return stopping_ || !session.is_open(); });
}

bool Broker::is_stopping() const {
    const std::lock_guard lock(mutex_);
    return stopping_;
}

/// Ends the session on this thread: its end waits for its readers, so that none of them may be the last to hold it.
void Broker::retire() {
    std::shared_ptr<Session> old;
    {
        const std::lock_guard lock(mutex_);
        old = std::move(session_);
    }
    while (old.use_count() > 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

std::shared_ptr<Broker::Session> Broker::connect() {
    for (const auto& server : meeting_.servers) {
        if (auto session = connect_to(server)) return session;
    }
    return nullptr;
}

std::shared_ptr<Broker::Session> Broker::connect_to(const Server& server) {
    const auto options = options_for(server);
    auto session = std::make_shared<Session>(*this, options.get());
    for (int refusals = 1; session->status() == NATS_CONNECTION_AUTH_FAILED && refusals < kRefusalsBelieved; ++refusals)
        session = std::make_shared<Session>(*this, options.get());
    if (is_nobody_there(session->status())) return nullptr;
    if (session->status() != NATS_OK) throw Error(ErrorCode::InvalidInput, refusal_of(session->status()));
    for (const auto& subscription : subscriptions_) {
        subscription->parts.clear();
        const auto status = session->subscribe(*subscription);
        if (status != NATS_OK && !session->is_open()) return nullptr;
        require(status, "subscribe");
    }
    session->flush();
    return session->is_open() ? session : nullptr;
}

Broker::Options Broker::options_for(const Server& server) const {
    natsOptions* made = nullptr;
    require(natsOptions_Create(&made), "options");
    Options options(made);
    if (natsOptions_SetURL(made, server.url.c_str()) != NATS_OK)
        throw Error(ErrorCode::InvalidInput, "rpc.url: NATS understands no such server");
    natsOptions_SetName(made, name_.c_str());
    natsOptions_SetTimeout(made, kConnectTimeout_ms);
    natsOptions_SetAllowReconnect(made, false);
    natsOptions_SetPingInterval(made, kPing_ms);
    natsOptions_SetMaxPingsOut(made, kMostPingsOut);
    natsOptions_SetWriteDeadline(made, kWriteDeadline_ms);
    natsOptions_SetNoEcho(made, true);
    natsOptions_SetSendAsap(made, true);
    // A server may have encryption although nats:// doesn't ask for it: then it has to be the right one, too.
    require(natsOptions_SetExpectedHostname(made, server.host.c_str()), "TLS");
    if (server.is_tls) require(natsOptions_SetSecure(made, true), "TLS");
    if (!meeting_.ca_file.empty() && natsOptions_LoadCATrustedCertificates(made, meeting_.ca_file.c_str()) != NATS_OK)
        throw Error(ErrorCode::InvalidInput, "rpc.tls_ca: the file has no certificates (PEM)");
    if (!meeting_.credentials.empty() &&
        natsOptions_SetUserCredentialsFromFiles(made, meeting_.credentials.c_str(), nullptr) != NATS_OK)
        throw Error(ErrorCode::InvalidInput, "rpc.credentials: the file has no credentials of NATS");
    return options;
}

std::shared_ptr<Broker::Session> Broker::current() const {
    const std::lock_guard lock(mutex_);
    return session_;
}

bool Broker::is_connected() const {
    const auto session = current();
    return session && session->is_open();
}

void Broker::publish(const std::string& subject, const std::string& text) {
    const auto session = current();
    if (!session || !session->is_open()) return;
    const auto whole = meeting_.prefix + "." + subject;
    const auto most = session->most_payload();
    if (text.size() <= most) return session->publish(whole, text);
    const std::lock_guard lock(sending_);
    send_in_parts(text, most, [&](std::string_view piece) { session->publish(whole, piece); });
}

void Broker::flush() {
    if (const auto session = current()) session->flush();
}

void Broker::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (keeper_.joinable()) keeper_.join();
    retire();
}

}  // namespace virga::rpc::nats
