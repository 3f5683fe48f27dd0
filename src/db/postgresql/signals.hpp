#pragma once
#include <chrono>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "db/postgresql/connection.hpp"
#include "db/signals.hpp"

namespace virga::db::postgresql {

/// NOTIFY and LISTEN on a connection and a thread of their own. A NOTIFY within the transaction that it tells of would
/// take a lock of the whole server until that is on disk, and a round trip; here many words are one notification, of
/// which at most one is sent in kPause. It needs a session: not a pooler that hands out connections by transaction.
class Signals : public db::Signals {
public:
    explicit Signals(std::shared_ptr<const Address> address);
    ~Signals() override { end(); }
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    void say(const std::string& word) override;
    void begin(Heard heard) override;
    void end() override;

    static constexpr std::chrono::milliseconds kPause{5};

private:
    using Time = std::chrono::steady_clock::time_point;

    void run();
    void serve();
    void connect();
    void listen();
    void deliver();
    bool send_some();
    void notify(const std::string& payload);
    void wait();
    bool is_ending();

    std::shared_ptr<const Address> address_;
    Heard heard_;
    Handle handle_;
    Time next_send_;
    int wake_ = -1;  ///< an eventfd
    std::mutex mutex_;
    std::set<std::string> words_;
    bool ending_ = false;
    std::thread thread_;
};

}  // namespace virga::db::postgresql
