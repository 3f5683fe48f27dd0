#pragma once
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace virga::fuzz {

/// A server on 127.0.0.1 that speaks NATS's protocol with whoever connects, and delivers what it is told to.
class FakeNats {
public:
    FakeNats();
    ~FakeNats();
    FakeNats(const FakeNats&) = delete;
    FakeNats& operator=(const FakeNats&) = delete;

    std::string url() const;
    /// To each client that has subscribed to exactly `subscription`. False: nobody has, yet.
    bool deliver(const std::string& subscription, const std::string& subject, std::string_view payload);
    /// Waits until something was published whose subject and payload `wanted` accepts, or `given_up` is true; false
    /// when neither comes. All that was published since forget() counts.
    bool wait_for(const std::function<bool(const std::string& subject, const std::string& payload)>& wanted,
                  const std::function<bool()>& given_up);
    /// Makes wait_for() ask given_up.
    void wake();
    void forget();
    /// The first one that begins so, of any client; empty: none.
    std::string subscription_like(std::string_view head);

private:
    struct Client;
    struct Message {
        std::string subject;
        std::string payload;
    };

    void accept_loop();
    void read_loop(Client& client);
    bool obey(Client& client, const std::string& line);

    int listener_ = -1;
    int port_ = 0;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::unique_ptr<Client>> clients_;
    std::vector<Message> published_;
    std::thread acceptor_;
};

}  // namespace virga::fuzz
