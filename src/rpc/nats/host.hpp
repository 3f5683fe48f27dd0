#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "rpc/command_server.hpp"
#include "rpc/nats/broker.hpp"

namespace virga::rpc {

/// Meets the control processes by NATS servers. It says that it is there at every connection and at each interval. Of
/// two with one name, the one that was started first is the host.
class NatsHost : public CommandServer {
public:
    NatsHost(nats::Meeting meeting, std::string host_name, Threads threads, Heartbeat heartbeat = nats::kHeartbeat);
    ~NatsHost() override;
    void start() override;
    void stop() override;

private:
    enum class State { Claiming, Serving, NameTaken, Barred, Ended };

    void tell(const Asker& to, const std::string& text) override;
    void tell_all(const std::string& text) override;
    void tell_one(const std::string& text) override;
    void hear(std::string_view subject, const std::string& text);
    void hear_namesake(const std::string& text);
    void claim();
    void give_up(State why);
    bool is_refused() const { return state_ == State::NameTaken || state_ == State::Barred; }
    Error refusal() const;
    void beat_loop();
    bool claim_name(std::unique_lock<std::mutex>& lock);
    void greet(std::unique_lock<std::mutex>& lock);
    std::string session() const;

    const std::string token_;
    const std::string process_;
    const std::int64_t started_us_;
    const Heartbeat heartbeat_;
    nats::Broker broker_;
    std::atomic<State> state_{State::Claiming};
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::int64_t connections_ = 0;  ///< so far
    std::int64_t greeted_ = 0;      ///< the one of them that controls were told of
    std::set<Asker> who_;           ///< ask whether it is there
    std::thread beat_;
};

}  // namespace virga::rpc
