#pragma once
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/thread_pool.hpp"
#include "rpc/rpc.hpp"

namespace virga::rpc {

/// A way to one run of a host, as a transport made it. A host that comes back has a new one, on which what waits for
/// its reply is sent again.
class Line {
public:
    virtual ~Line() = default;
    /// A message, from any thread. What can't be sent is lost; that shows as the end of the line.
    virtual void send(const std::string& text) = 0;
    /// Another line of the same host has taken its place.
    virtual void shut_down() = 0;

private:
    friend class Switchboard;
    std::string host_;
    bool leaves_ = false;  ///< it said so: it ends as it was told to; of the thread that reads
    // With the lock of the switchboard:
    Report report_;
    bool silent_ = false;  ///< for so long that it is held for stuck
};
using LinePtr = std::shared_ptr<Line>;

/// The hosts that a control process is connected to and the calls that wait for their replies, on any transport. A
/// transport adds how lines come and go, and who is held for silent.
class Switchboard : public ControlEndpoint {
public:
    /// `repeat_after`: a transport that may lose messages has a command sent again when there is no answer for so long,
    /// then twice as long, and so on up to a minute. 0: what was sent arrives, or the line ends.
    explicit Switchboard(std::chrono::milliseconds repeat_after = {}) : repeat_after_(repeat_after) {}

    void on_event(EventHandler handler) final;
    void set_cloud(std::string id) final { cloud_ = std::move(id); }
    void wake() final;
    json::object call(const std::string& host, std::string_view method, json::object params,
                      const CallOptions& options) final;
    std::vector<HostState> hosts() const final;
    std::optional<HostState> find(const std::string& host) const final;
    std::uint64_t version() const final;
    bool is_up(const std::string& host) const final;
    bool answers(const std::string& host) const final;

protected:
    /// A message of a host: reply, progress, bye, report, event. Throws Error{Corrupt} for one that is none.
    void handle(const LinePtr& line, const json::object& message);
    /// The line is of this host from now on, in place of an older one. Who concerns itself with hosts that came is to
    /// be told by publish().
    void connect(const LinePtr& line, const std::string& host, const json::object& report);
    /// Nothing will come by this line any more. Harmless when it is no host's.
    void disconnect(const LinePtr& line);
    /// Any message shows that the host is at work.
    void heard(const LinePtr& line);
    void fell_silent(const LinePtr& line);
    /// Of hosts that are connected.
    std::vector<LinePtr> lines() const;
    LinePtr line_of(const std::string& host) const;
    /// No host can be heard: none of them is judged, and nothing is sent, until they can. Who only_if_it_answers is
    /// told.
    void set_cut_off(bool cut_off);
    void publish(std::string host, std::string event, json::object params);

    const std::string& cloud() const { return cloud_; }
    /// All calls end, and hosts that go now are expected to.
    void end_calls();
    /// Waits for the event that is handled; drops others.
    void end_events() { events_.stop(); }

private:
    struct Pending;

    void replied(const Line& line, const json::object& message);
    void progressed(const Line& line, const json::object& message);
    void reported(const LinePtr& line, const json::object& message);
    void wake_calls_of(const std::string& host);
    void wake_all_calls();
    void wait_for_reply(std::unique_lock<std::mutex>& lock, Pending& mine, const CallOptions& options);
    bool may_be_sent_to(const Line& line) const { return !line.silent_ && !cut_off_; }
    LinePtr line_to(const std::string& host) const;

    const std::chrono::milliseconds repeat_after_;
    mutable std::mutex mutex_;
    bool stopping_ = false;
    bool cut_off_ = false;
    std::map<std::string, LinePtr> lines_;          ///< by host name, connected ones only
    std::uint64_t version_ = 1;                     ///< of what hosts() says
    std::multimap<std::string, Pending*> pending_;  ///< by command id: whoever asks for the same waits for the same
    EventHandler handler_;
    std::string cloud_;
    ThreadPool events_{"rpc-events", 1};
};

}  // namespace virga::rpc
