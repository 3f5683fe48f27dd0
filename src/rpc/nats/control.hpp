#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "rpc/nats/broker.hpp"
#include "rpc/switchboard.hpp"

namespace virga::rpc {

/// Meets hosts, and other control processes of the same cloud beside it, by NATS servers. Each has its own picture of
/// the hosts and gets the replies to its own commands; an event of a host goes to one of them. Start waits ten seconds
/// for a server.
class NatsControl : public Switchboard {
public:
    explicit NatsControl(nats::Meeting meeting, Heartbeat heartbeat = nats::kHeartbeat);
    ~NatsControl() override;
    /// Gives the names of hosts that aren't to be heard: asked again and again, on a thread of this class. They are
    /// told that they are none. Before start().
    void bar(std::function<std::set<std::string>()> names);
    void start() override;
    void stop() override;

private:
    class Session;
    using SessionPtr = std::shared_ptr<Session>;
    struct Event {
        std::string host;
        std::string name;
        json::object params;
    };

    void meet();
    void hear_control(const std::string& text);
    void introduce();
    void hear(std::string_view subject, const std::string& text);
    void hear_event(std::string_view subject, const std::string& text);
    void greeted(const std::string& host, const json::object& message, bool was_asked);
    void ask_who(const std::string& host);
    SessionPtr session_of(const std::string& host) const;
    void judge_loop();
    void judge(std::int64_t now_us);
    void look_who_is_barred();
    bool is_barred(const std::string& host);
    void turn_away(const std::string& host);

    const std::string name_;  ///< what hosts send replies to: a new one for each process
    const Heartbeat heartbeat_;
    const std::string servers_;  ///< for messages
    nats::Broker broker_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    bool met_ = false;            ///< no other cloud is here: what hosts say counts
    bool other_is_here_ = false;  ///< another cloud
    std::vector<Event> early_;    ///< what came before that was known
    std::set<std::string> barred_;
    std::function<std::set<std::string>()> barred_names_;
    bool bars_known_ = true;  ///< for the log; of the judge
    std::thread judge_;
};

}  // namespace virga::rpc
