#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>

#include "base/clock.hpp"
#include "base/fair_pool.hpp"
#include "base/log.hpp"
#include "rpc/connection.hpp"
#include "rpc/rpc.hpp"

namespace virga::rpc {
namespace {

constexpr std::size_t kRememberedReplies = 1000;
constexpr std::int64_t kProgressInterval_us = 250'000;
constexpr std::chrono::milliseconds kReconnectPause{100};

/// A command that runs. A repeat of it does nothing: its caller waits for the reply of the first one.
struct Running {
    std::atomic<bool> cancelled{false};
    std::atomic<std::int64_t> last_progress_us{0};
};
using RunningPtr = std::shared_ptr<Running>;

json::object error_reply(ErrorCode code, const std::string& message, const std::string& detail) {
    return {{"error", json::object{{"code", to_string(code)}, {"message", message}, {"detail", detail}}}};
}

}  // namespace

json::object run(const CommandHandler& handler, const Command& command) {
    try {
        return handler(command);
    } catch (const WrongType& failure) {
        throw Error(ErrorCode::InvalidInput, "parameters of " + command.method + ": " + failure.message());
    }
}

struct HostEndpoint::Impl {
    Impl(std::string socket_path, std::string name, Threads threads)
        : path(std::move(socket_path)),
          host(std::move(name)),
          short_work("command", threads.for_short),
          long_work("long-command", threads.for_long) {}

    void connect_loop() {
        while (!stopping) {
            const int fd = connect_unix(path);
            if (fd < 0) {
                pause();
                continue;
            }
            auto fresh = std::make_shared<Connection>(fd);
            {
                const std::lock_guard lock(mutex);
                if (stopping) return;
                connection = fresh;
            }
            if (fresh->send({{"type", "hello"}, {"host", host}, {"report", own_report()}})) read_loop(*fresh);
            const std::lock_guard lock(mutex);
            connection.reset();
        }
    }

    void pause() {
        std::unique_lock lock(mutex);
        wake.wait_for(lock, kReconnectPause, [this] { return stopping.load(); });
    }

    void read_loop(Connection& current) {
        try {
            while (auto message = current.receive()) handle(*message);
        } catch (const Error& failure) {
            log::warning("bad RPC message, the connection is made anew", {{"error", failure.message()}});
            current.shut_down();
        }
    }

    /// Throws Error{Corrupt} for a message that is none.
    void handle(const json::object& message) {
        const auto type = get_string(message, "type");
        if (type == "call") take(message);
        if (type == "cancel") cancel(get_string(message, "id"));
        if (type == "ping") send({{"type", "pong"}});
        if (type == "welcome" && welcomed) welcomed();
    }

    json::object own_report() { return report ? report() : json::object(); }

    void send(const json::object& message) {
        std::shared_ptr<Connection> current;
        {
            const std::lock_guard lock(mutex);
            current = connection;
        }
        if (current) current->send(message);
    }

    static Command command_of(const json::object& message) {
        Command command;
        command.id = get_string(message, "id");
        command.method = get_string(message, "method");
        command.request_id = get_string(message, "request_id");
        command.account = get_string(message, "account");
        command.params = get_object(message, "params");
        return command;
    }

    void take(const json::object& message) {
        auto command = command_of(message);
        const auto& id = command.id;
        RunningPtr started;
        {
            const std::lock_guard lock(mutex);
            if (const auto old = replies.find(id); old != replies.end()) {
                if (connection) connection->send(old->second);
                return;
            }
            if (commands.count(id) != 0) return;
            started = std::make_shared<Running>();
            commands.emplace(id, started);
        }
        post(started, std::move(command));
    }

    /// All long commands of nobody have one share, as those of a project have. Short ones of nobody are waited for by
    /// users, in bounded number.
    void post(const RunningPtr& started, Command command) {
        const bool is_long = long_methods.contains(command.method);
        const auto account = is_long ? "project:" + command.account : command.account;
        const auto id = command.id;
        (is_long ? long_work : short_work).post(account, id, [this, started, command = std::move(command)] {
            execute(started, command);
        });
    }

    void execute(const RunningPtr& running, Command command) {
        command.cancelled = [running] { return running->cancelled.load(); };
        command.progress = [this, running, id = command.id](std::int64_t done, std::int64_t total) {
            progress(running, id, done, total);
        };
        const auto started_us = monotonic_us();
        auto reply = run(command);
        log::debug("command done", {{"method", command.method},
                                    {"command", command.id},
                                    {"us", monotonic_us() - started_us},
                                    {"ok", reply.contains("result")}});
        finish(command.id, std::move(reply));
    }

    json::object run(const Command& command) {
        const auto handler = handlers.find(command.method);
        if (handler == handlers.end())
            return error_reply(ErrorCode::NotSupported, "host has no command '" + command.method + "'", {});
        try {
            return {{"result", rpc::run(handler->second, command)}};
        } catch (const Error& failure) {
            log::warning("command failed", {{"method", command.method},
                                            {"command", command.id},
                                            {"error", failure.message()},
                                            {"detail", failure.detail()}});
            return error_reply(failure.code(), failure.message(), failure.detail());
        } catch (const std::exception& failure) {
            log::error("command failed",
                       {{"method", command.method}, {"command", command.id}, {"error", std::string(failure.what())}});
            return error_reply(ErrorCode::Internal, "internal error of the host",
                               "host " + host + ": " + failure.what());
        }
    }

    /// Only successes are remembered: a failed command that comes again is to be tried again.
    void finish(const std::string& id, json::object reply) {
        reply["type"] = "reply";
        reply["id"] = id;
        std::shared_ptr<Connection> current;
        {
            const std::lock_guard lock(mutex);
            commands.erase(id);
            if (reply.contains("result")) {
                replies.emplace(id, reply);
                reply_order.push_back(id);
                if (reply_order.size() > kRememberedReplies) {
                    replies.erase(reply_order.front());
                    reply_order.pop_front();
                }
            }
            current = connection;
        }
        if (current) current->send(reply);
    }

    void progress(const RunningPtr& running, const std::string& id, std::int64_t done, std::int64_t total) {
        const auto now = monotonic_us();
        auto last = running->last_progress_us.load();
        const bool is_end = done >= total;  // is always told: it is what stays in the record
        if (!is_end && now - last < kProgressInterval_us) return;
        if (!running->last_progress_us.compare_exchange_strong(last, now) && !is_end) return;
        send({{"type", "progress"}, {"id", id}, {"done", done}, {"total", total}});
    }

    void cancel(const std::string& id) {
        {
            const std::lock_guard lock(mutex);
            const auto found = commands.find(id);
            if (found == commands.end()) return;
            found->second->cancelled = true;
        }
        if (short_work.take_out(id) || long_work.take_out(id))
            finish(id, error_reply(ErrorCode::Cancelled, "the command was cancelled before it began", {}));
    }

    void stop() {
        {
            const std::lock_guard lock(mutex);
            if (stopping) return;
            stopping = true;
            for (auto& [id, command] : commands) command->cancelled = true;  // asked again after the restart
            if (connection) {
                connection->send({{"type", "bye"}});  // not lost: it ends as it was told to
                connection->shut_down();
            }
        }
        wake.notify_all();
        if (connector.joinable()) connector.join();
        short_work.stop();
        long_work.stop();
    }

    std::string path;
    std::string host;
    std::map<std::string, CommandHandler, std::less<>> handlers;
    std::function<json::object()> report;
    std::function<void()> welcomed;
    std::atomic<bool> stopping{false};
    std::mutex mutex;
    std::condition_variable wake;
    std::shared_ptr<Connection> connection;
    std::unordered_map<std::string, RunningPtr> commands;
    std::unordered_map<std::string, json::object> replies;
    std::deque<std::string> reply_order;
    std::thread connector;
    std::set<std::string, std::less<>> long_methods;
    FairPool short_work;
    FairPool long_work;
};

HostEndpoint::HostEndpoint(std::string socket_path, std::string host_name, Threads threads)
    : impl_(std::make_unique<Impl>(std::move(socket_path), std::move(host_name), threads)) {}
HostEndpoint::~HostEndpoint() {
    stop();
}

void HostEndpoint::on(std::string method, CommandHandler handler, Length length) {
    if (length == Length::Long) impl_->long_methods.insert(method);
    if (!impl_->handlers.emplace(method, std::move(handler)).second)
        throw Error(ErrorCode::Internal, "command '" + method + "' is registered twice");
}

void HostEndpoint::report_with(std::function<json::object()> report) {
    impl_->report = std::move(report);
}
void HostEndpoint::on_welcome(std::function<void()> handler) {
    impl_->welcomed = std::move(handler);
}
void HostEndpoint::publish_report() {
    impl_->send({{"type", "report"}, {"report", impl_->own_report()}});
}

void HostEndpoint::publish(std::string_view event, json::object params) {
    impl_->send({{"type", "event"}, {"event", event}, {"params", std::move(params)}});
}

void HostEndpoint::start() {
    impl_->connector = std::thread([this] { impl_->connect_loop(); });
}

void HostEndpoint::stop() {
    impl_->stop();
}

}  // namespace virga::rpc
