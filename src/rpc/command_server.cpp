#include "rpc/command_server.hpp"

#include "base/clock.hpp"
#include "base/log.hpp"
#include "rpc/message.hpp"

namespace virga::rpc {
namespace {

constexpr std::size_t kRememberedReplies = 1000;
constexpr std::int64_t kProgressInterval_us = 250'000;

json::object error_reply(ErrorCode code, const std::string& message, const std::string& detail) {
    return {{"error", json::object{{"code", to_string(code)}, {"message", message}, {"detail", detail}}}};
}

std::string reply_text(const std::string& id, json::object reply) {
    reply["type"] = "reply";
    reply["id"] = id;
    return text_of(reply);
}

/// Empty, and said in the log, when it is too big to be told.
std::string fitting(const json::object& message) {
    try {
        return text_of(message);
    } catch (const Error& failure) {
        log::error("could not be told", {{"what", get_string(message, "type")}, {"error", failure.detail()}});
        return {};
    }
}

Command command_of(const json::object& message) {
    Command command;
    command.id = get_string(message, "id");
    command.method = get_string(message, "method");
    command.request_id = get_string(message, "request_id");
    command.account = get_string(message, "account");
    command.params = get_object(message, "params");
    return command;
}

}  // namespace

json::object run(const CommandHandler& handler, const Command& command) {
    try {
        return handler(command);
    } catch (const WrongType& failure) {
        throw Error(ErrorCode::InvalidInput, "parameters of " + command.method + ": " + failure.message());
    }
}

CommandServer::CommandServer(std::string host, Threads threads)
    : host_(std::move(host)), short_work_("command", threads.for_short), long_work_("long-command", threads.for_long) {}

void CommandServer::end_commands() {
    short_work_.stop();
    long_work_.stop();
}

void CommandServer::on(std::string method, CommandHandler handler, Length length) {
    if (length == Length::Long) long_methods_.insert(method);
    if (!handlers_.emplace(method, std::move(handler)).second)
        throw Error(ErrorCode::Internal, "command '" + method + "' is registered twice");
}

void CommandServer::report_with(std::function<json::object()> report) {
    report_ = std::move(report);
}

void CommandServer::on_welcome(std::function<void()> handler) {
    welcomed_ = std::move(handler);
}

void CommandServer::on_refused(std::function<void(const Error&)> handler) {
    refused_ = std::move(handler);
}

void CommandServer::refuse(const Error& why) const {
    log::error(why.message());
    if (refused_) refused_(why);
}

void CommandServer::publish_report() {
    if (const auto text = fitting({{"type", "report"}, {"report", own_report()}}); !text.empty()) tell_all(text);
}

void CommandServer::publish(std::string_view event, json::object params) {
    const auto text = fitting({{"type", "event"}, {"event", event}, {"params", std::move(params)}});
    if (!text.empty()) tell_one(text);
}

void CommandServer::handle(const Asker& from, const json::object& message) {
    const auto type = get_string(message, "type");
    if (type == "call") take(from, message);
    if (type == "cancel") cancel(get_string(message, "id"));
    if (type == "ping") tell(from, text_of({{"type", "pong"}}));
    if (type == "welcome" && welcomed_) welcomed_();
}

void CommandServer::take(const Asker& from, const json::object& message) {
    auto command = command_of(message);
    const auto call = get_string(message, "call");
    RunningPtr started;
    std::string told;
    {
        const std::lock_guard lock(mutex_);
        if (const auto old = replies_.find(command.id); old != replies_.end() && old->second.is_for(call)) {
            told = old->second.text;
        } else {
            auto& running = commands_[command.id];
            if (!running) started = running = std::make_shared<Running>();
            running->askers.insert(from);
            running->calls.insert(call);
        }
    }
    if (!told.empty()) return tell(from, told);
    if (!started) return;
    post(started, std::move(command));
}

/// All long commands of nobody have one share, as those of a project have. Short ones of nobody are waited for by
/// users, in bounded number.
void CommandServer::post(const RunningPtr& started, Command command) {
    const bool is_long = long_methods_.contains(command.method);
    const auto account = is_long ? "project:" + command.account : command.account;
    const auto id = command.id;
    (is_long ? long_work_ : short_work_).post(account, id, [this, started, command = std::move(command)] {
        execute(started, command);
    });
}

void CommandServer::execute(const RunningPtr& running, Command command) {
    command.cancelled = [running] { return running->cancelled.load(); };
    command.progress = [this, running, id = command.id](std::int64_t done, std::int64_t total) {
        progress(running, id, done, total);
    };
    const auto started_us = monotonic_us();
    auto reply = answer(command);
    log::debug("command done", {{"method", command.method},
                                {"command", command.id},
                                {"us", monotonic_us() - started_us},
                                {"ok", reply.contains("result")}});
    finish(running, command.id, std::move(reply));
}

json::object CommandServer::answer(const Command& command) const {
    const auto handler = handlers_.find(command.method);
    if (handler == handlers_.end())
        return error_reply(ErrorCode::NotSupported, "host has no command '" + command.method + "'", {});
    try {
        return {{"result", run(handler->second, command)}};
    } catch (const Error& failure) {
        log::warning("command failed", {{"method", command.method},
                                        {"command", command.id},
                                        {"error", failure.message()},
                                        {"detail", failure.detail()}});
        return error_reply(failure.code(), failure.message(), failure.detail());
    } catch (const std::exception& failure) {
        log::error("command failed",
                   {{"method", command.method}, {"command", command.id}, {"error", std::string(failure.what())}});
        return error_reply(ErrorCode::Internal, "internal error of the host", "host " + host_ + ": " + failure.what());
    }
}

void CommandServer::finish(const RunningPtr& running, const std::string& id, json::object reply) {
    bool is_success = reply.contains("result");
    std::string text;
    try {
        text = reply_text(id, std::move(reply));
    } catch (const Error& failure) {
        is_success = false;
        text = reply_text(id, error_reply(failure.code(), failure.message(), failure.detail()));
    }
    std::set<Asker> askers;
    {
        const std::lock_guard lock(mutex_);
        commands_.erase(id);
        askers = std::move(running->askers);
        remember(id, {text, is_success, std::move(running->calls)});
    }
    for (const auto& asker : askers) tell(asker, text);
}

/// With the lock.
void CommandServer::remember(const std::string& id, Reply reply) {
    if (replies_.insert_or_assign(id, std::move(reply)).second) reply_order_.push_back(id);
    if (reply_order_.size() <= kRememberedReplies) return;
    replies_.erase(reply_order_.front());
    reply_order_.pop_front();
}

void CommandServer::progress(const RunningPtr& running, const std::string& id, std::int64_t done, std::int64_t total) {
    const auto now = monotonic_us();
    auto last = running->last_progress_us.load();
    const bool is_end = done >= total;  // is always told: it is what stays in the record
    if (!is_end && now - last < kProgressInterval_us) return;
    if (!running->last_progress_us.compare_exchange_strong(last, now) && !is_end) return;
    const auto text = text_of({{"type", "progress"}, {"id", id}, {"done", done}, {"total", total}});
    for (const auto& asker : askers_of(running)) tell(asker, text);
}

std::set<Asker> CommandServer::askers_of(const RunningPtr& running) const {
    const std::lock_guard lock(mutex_);
    return running->askers;
}

void CommandServer::cancel(const std::string& id) {
    RunningPtr running;
    {
        const std::lock_guard lock(mutex_);
        const auto found = commands_.find(id);
        if (found == commands_.end()) return;
        running = found->second;
        running->cancelled = true;
    }
    if (short_work_.take_out(id) || long_work_.take_out(id))
        finish(running, id, error_reply(ErrorCode::Cancelled, "the command was cancelled before it began", {}));
}

void CommandServer::cancel_all() {
    const std::lock_guard lock(mutex_);
    for (auto& [id, command] : commands_) command->cancelled = true;
}

}  // namespace virga::rpc
