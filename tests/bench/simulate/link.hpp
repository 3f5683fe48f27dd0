#pragma once
#include <netinet/in.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/simulate/loop.hpp"
#include "rpc/nats/keys.hpp"

namespace virga::simulate {

/// What a process shows to a server: who has its key, as somebody signed it.
struct Identity {
    std::string statement;
    rpc::nats::Key key;
};

/// One connection to a NATS server without a thread of its own: the client library needs several for each, and here are
/// thousands. Plain TCP.
class Link {
public:
    using Reader = std::function<void(std::string_view subject, std::string_view text)>;

    /// `opened`: the server takes this one in, its subscriptions are in place. `lost`: nothing is called any more.
    Link(Loop& loop, std::optional<Identity> identity, std::vector<std::string> subjects, Reader reader,
         std::function<void()> opened, std::function<void(const std::string& why)> lost);
    ~Link();
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    /// Anew, too, after it was lost.
    void open(const sockaddr_in& server, const std::string& name);
    bool is_open() const { return state_ == State::Open; }
    /// Nothing when it isn't open. Larger texts than the server takes go in parts, as those of a host.
    void publish(const std::string& subject, std::string_view text);

private:
    enum class State { Closed, Connecting, LoggingIn, Open };

    void handle(std::uint32_t events);
    void receive();
    bool take_one();
    void take_line(std::string_view line);
    void log_in(std::string_view info);
    void send(std::string_view text);
    void flush();
    void close();
    void lose(const std::string& why);

    Loop& loop_;
    const std::optional<Identity> identity_;
    const std::vector<std::string> subjects_;
    const Reader reader_;
    const std::function<void()> opened_;
    const std::function<void(const std::string&)> lost_;
    Loop::Handler handler_;
    State state_ = State::Closed;
    int fd_ = -1;
    std::string name_;
    std::size_t most_payload_ = 0;
    std::string in_;
    std::size_t taken_ = 0;  ///< of `in_`
    std::string out_;
    bool waits_to_write_ = false;
};

}  // namespace virga::simulate
