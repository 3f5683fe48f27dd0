#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"

namespace virga::rpc {

/// One command as a host sees it. `id` is the same for every repeat of the same step of a flow.
struct Command {
    std::string id;
    std::string method;
    std::string request_id;
    std::string account;  ///< the project that it is for; may be empty
    json::object params;
    std::function<bool()> cancelled;  ///< asked by long work; true: end it, undo the half-made, throw Error{Cancelled}
    std::function<void(std::int64_t done_bytes, std::int64_t total_bytes)> progress;
};

using CommandHandler = std::function<json::object(const Command&)>;

/// The handler's result. Parameters of a wrong type: Error{InvalidInput}.
json::object run(const CommandHandler& handler, const Command& command);

struct CallOptions {
    std::string command_id;  ///< empty: a fresh id, no joining
    std::string request_id;
    std::chrono::milliseconds deadline{60'000};
    /// True: the host is told to end the command, and its answer is awaited. Asked when Caller::wake is called.
    std::function<bool()> cancelled = {};
    std::function<void(std::int64_t done_bytes, std::int64_t total_bytes)> on_progress = {};
    /// For whoever is waited for by a user: Unavailable as soon as the host is seen not to answer, although it may
    /// answer again before the deadline.
    bool only_if_it_answers = false;
    /// The project on whose account the host works: its share of the threads for long commands.
    std::string account = {};
};

/// What a host said of itself: see compute/host_commands.hpp. Copies share it, since there may be ten thousand hosts.
class Report {
public:
    Report() : Report(json::object()) {}
    Report(json::object said) : said_(std::make_shared<const json::object>(std::move(said))) {}
    operator const json::object&() const { return *said_; }

private:
    std::shared_ptr<const json::object> said_;
};

/// A host that is connected now.
struct HostState {
    std::string name;
    Report report;        ///< what it last said
    bool answers = true;  ///< false: connected, but it has not answered for some seconds (stopped, or overloaded)
};

/// Control side: calls commands on hosts. At least once: when the connection breaks before the reply, the command is
/// sent again with the same id after the host is back; a host joins a running command and repeats a finished reply.
class Caller {
public:
    virtual ~Caller() = default;
    /// Blocks for the reply. Errors of the host come back as HostError of the same code. TooLarge: more than 16 MiB
    /// were to be said, or answered. Unavailable: the host is not connected (after a grace period of some seconds in
    /// which a restart may pass); Timeout: the deadline passed, the command may still run.
    virtual json::object call(const std::string& host, std::string_view method, json::object params,
                              const CallOptions& options) = 0;
    virtual std::vector<HostState> hosts() const = 0;
    /// One of hosts(); nullopt: it isn't connected. An endpoint doesn't look at the others for it.
    virtual std::optional<HostState> find(const std::string& host) const {
        for (auto& one : hosts())
            if (one.name == host) return std::move(one);
        return std::nullopt;
    }
    /// Another number, never 0, whenever hosts() would say something else than before; ask for it first. Who doesn't
    /// count the changes gives another one each time.
    virtual std::uint64_t version() const {
        static std::atomic<std::uint64_t> looks{0};
        return ++looks;
    }
    virtual bool is_up(const std::string& host) const = 0;
    /// Connected, and it answered in the last seconds; while no host can be heard, since the servers by which they are
    /// met are away, what was true before. One that doesn't may still be at work: is_up() is what says that
    /// its connections and guests went with it.
    virtual bool answers(const std::string& host) const { return is_up(host); }
    /// Makes every waiting call ask its CallOptions::cancelled.
    virtual void wake() {}
};

/// How often a host is asked whether it answers, and after how long without an answer it is held for stuck.
struct Heartbeat {
    std::chrono::milliseconds interval{2'000};
    std::chrono::milliseconds silence{6'000};
    /// Where the end of a host shows by its silence only: after how long it is held for down.
    std::chrono::milliseconds loss{8'500};
};

/// Control side: hosts say who they are, and take commands. Nothing is sent to a host that doesn't answer until it
/// does. Transports: rpc/socket, rpc/nats. All of them hold what tests/conformance/rpc asks of them.
class ControlEndpoint : public Caller {
public:
    using EventHandler =
        std::function<void(const std::string& host, std::string_view event, const json::object& params)>;

    /// Called for each event that a host publishes, one at a time per host, and with event "host.up" /
    /// "host.report" (its report) / "host.down". Before start().
    virtual void on_event(EventHandler handler) = 0;
    /// What tells this cloud from others that may meet at the same place: all its control processes say the same.
    /// Before start().
    virtual void set_cloud(std::string id) = 0;
    /// Throws Error{Unavailable} when hosts can't be listened to, {InvalidInput} when the settings are refused,
    /// {Conflict} when another cloud is there.
    virtual void start() = 0;
    /// Hosts are gone from now on; waiting calls throw Error{Cancelled}, the hosts work on.
    virtual void stop() = 0;
};

/// Whether a command may move whole disks. Long ones have threads of their own, of which each account has a share (see
/// FairPool): they can't be interrupted, and short ones don't wait for them.
enum class Length { Short, Long };

/// How many commands a host works on at once.
struct Threads {
    std::size_t for_short = 1;
    std::size_t for_long = 1;
};

/// Host side: looks for the control process (again and again, as long as it runs), serves commands on its own threads.
/// A cancelled command whose turn hasn't come never begins. A command whose id is running is joined; the replies of the
/// last 1,000 commands with an id are remembered.
class HostEndpoint {
public:
    virtual ~HostEndpoint() = default;

    /// Before start(). Throws Error{Internal} for a method that has a handler.
    virtual void on(std::string method, CommandHandler handler, Length length = Length::Short) = 0;
    /// Asked for the host's report at every (re)connection and at each publish_report().
    virtual void report_with(std::function<json::object()> report) = 0;
    virtual void publish_report() = 0;
    /// Called, on the thread that reads, each time a control process has taken this host in; before start().
    virtual void on_welcome(std::function<void()> handler) = 0;
    /// Called at most once, on a thread of the endpoint, when this host can't be one: another one has its name. It then
    /// does no more work. Before start().
    virtual void on_refused(std::function<void(const Error&)> handler) = 0;
    /// Sends an event, if connected; otherwise it is lost (the report at the next connection tells the state).
    virtual void publish(std::string_view event, json::object params) = 0;
    /// Waits for no control process. Throws Error{InvalidInput} when the settings are refused.
    virtual void start() = 0;
    /// Cancels running commands and waits for them; the control process asks for them again.
    virtual void stop() = 0;
};

}  // namespace virga::rpc
