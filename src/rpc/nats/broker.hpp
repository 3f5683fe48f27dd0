#pragma once
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "rpc/nats/meeting.hpp"
#include "rpc/rpc.hpp"

using natsOptions = struct __natsOptions;

namespace virga::rpc::nats {

/// Hosts are many: seldom enough that it costs little, often enough that one that is gone is down within ten seconds.
inline constexpr Heartbeat kHeartbeat{std::chrono::milliseconds(3'000), std::chrono::milliseconds(6'500),
                                      std::chrono::milliseconds(8'500)};

/// A connection to one of the servers, made anew as often as it is lost. At most once: what is sent while there is no
/// connection, or is on the way when it breaks, is lost.
class Broker {
public:
    /// The subject without the prefix, and a whole text.
    using Reader = std::function<void(std::string_view subject, const std::string& text)>;

    /// `name`: how the servers' monitoring calls this process.
    Broker(Meeting meeting, std::string name);
    ~Broker();
    Broker(const Broker&) = delete;
    Broker& operator=(const Broker&) = delete;

    // Before start(). The readers of one subscription run one after another, those of several beside each other. Of all
    // who subscribe with the same group, one gets a message; an empty group gets all.
    void subscribe(std::string subject, std::string group, Reader reader);
    /// Called with each connection, when its subscriptions are in place, and with its loss; on threads of this class.
    void on_connected(std::function<void()> handler);
    void on_lost(std::function<void()> handler);

    /// Throws Error{InvalidInput} that names the setting when a server refuses. Waits so long for one that answers;
    /// false: none did, and it goes on trying.
    bool start(std::chrono::milliseconds patience);
    void stop();
    bool is_connected() const;

    /// Any thread; in order per thread and subject.
    void publish(const std::string& subject, const std::string& text);
    /// Until the server has all that was published, or the connection is lost.
    void flush();

private:
    class Session;
    struct Subscription;
    struct OptionsDeleter {
        void operator()(natsOptions* options) const;
    };
    using Options = std::unique_ptr<natsOptions, OptionsDeleter>;

    void run();
    bool reconnect();
    void retire();
    bool is_stopping() const;
    std::shared_ptr<Session> connect();
    std::shared_ptr<Session> connect_to(const Server& server);
    Options options_for(const Server& server) const;
    std::shared_ptr<Session> current() const;
    void wait_for_end(const Session& session);

    const Meeting meeting_;
    const std::string name_;
    std::vector<std::unique_ptr<Subscription>> subscriptions_;
    std::function<void()> connected_;
    std::function<void()> lost_;
    std::mutex sending_;  ///< the parts of a text stay together
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::shared_ptr<Session> session_;
    bool stopping_ = false;
    std::string refusal_;  ///< what was last wrong, for the log; of the keeper
    std::thread keeper_;
};

}  // namespace virga::rpc::nats
