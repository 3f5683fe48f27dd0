#include "rpc/switchboard.hpp"

#include <algorithm>
#include <condition_variable>

#include "base/host_error.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "base/scope_exit.hpp"
#include "rpc/host_report.hpp"
#include "rpc/message.hpp"

namespace virga::rpc {
namespace {

using Clock = std::chrono::steady_clock;

/// How long a call waits for a host that isn't connected: a restart takes less.
constexpr std::chrono::seconds kReconnectGrace{10};
/// How long a cancelled call waits for the host to end the command.
constexpr std::chrono::seconds kCancelGrace{30};
constexpr std::chrono::milliseconds kMostBetweenRepeats{60'000};

HostError error_of(const json::object& reply) {
    const auto error = get_object(reply, "error");
    return {error_code_from_string(get_string(error, "code")), get_string(error, "message"),
            get_string(error, "detail")};
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

/// Without the lock: the reply may come before send returns.
void send(std::unique_lock<std::mutex>& lock, const LinePtr& line, const std::string& text) {
    lock.unlock();
    line->send(text);
    lock.lock();
}

}  // namespace

/// A call that waits for the reply to its command. Replies carry the command's id, so that one to a former control
/// process is never taken for another command's.
struct Switchboard::Pending {
    std::string id;
    std::string host;
    std::string_view method;
    std::string text;  ///< what is sent
    LinePtr sent_to;
    /// A reply, its host that came or went, a wake-up. One for each call: a reply is nothing to all others.
    std::condition_variable changed;
    bool done = false;
    json::object reply;
    std::function<void(std::int64_t, std::int64_t)> on_progress;
    int telling = 0;  ///< threads in on_progress, which is its caller's: the call doesn't end before they are out
};

void Switchboard::on_event(EventHandler handler) {
    handler_ = std::move(handler);
}

void Switchboard::wake() {
    const std::lock_guard lock(mutex_);  // a call between its check and its wait must not miss it
    wake_all_calls();
}

/// With the lock.
void Switchboard::wake_calls_of(const std::string& host) {
    for (const auto& [id, call] : pending_)
        if (call->host == host) call->changed.notify_all();
}

/// With the lock.
void Switchboard::wake_all_calls() {
    for (const auto& [id, call] : pending_) call->changed.notify_all();
}

void Switchboard::handle(const LinePtr& line, const json::object& message) {
    const auto type = get_string(message, "type");
    if (type == "reply") return replied(*line, message);
    if (type == "progress") return progressed(*line, message);
    if (type == "bye") line->leaves_ = true;
    if (type == "report") return reported(line, message);
    if (type == "event") publish(line->host_, get_string(message, "event"), get_object(message, "params"));
}

void Switchboard::reported(const LinePtr& line, const json::object& message) {
    auto report = believe(get_object(message, "report")).report;
    {
        const std::lock_guard lock(mutex_);
        if (static_cast<const json::object&>(line->report_) != report) {
            line->report_ = Report(report);
            ++version_;
        }
    }
    publish(line->host_, "host.report", std::move(report));
}

void Switchboard::connect(const LinePtr& line, const std::string& host, const json::object& report) {
    auto believed = believe(report);
    LinePtr old;
    {
        const std::lock_guard lock(mutex_);
        line->host_ = host;
        line->report_ = std::move(believed.report);
        old = std::exchange(lines_[host], line);
        wake_calls_of(host);
        ++version_;
    }
    if (old && old != line) old->shut_down();
    log::info("host is up", {{"host", host}});
    if (!believed.left_out.empty())
        log::warning("host says of itself what can't be used", {{"host", host}, {"fields", joined(believed.left_out)}});
    line->send(text_of({{"type", "welcome"}}));
}

void Switchboard::disconnect(const LinePtr& line) {
    bool was_current = false;
    bool is_expected = line->leaves_;
    {
        const std::lock_guard lock(mutex_);
        is_expected = is_expected || stopping_;
        const auto found = lines_.find(line->host_);
        was_current = found != lines_.end() && found->second == line;
        if (was_current) lines_.erase(found);
        wake_calls_of(line->host_);
        ++version_;
    }
    if (!was_current) return;
    if (is_expected)
        log::info("host has ended", {{"host", line->host_}});
    else
        log::warning("host is down", {{"host", line->host_}});
    publish(line->host_, "host.down", {});
}

void Switchboard::heard(const LinePtr& line) {
    const std::lock_guard lock(mutex_);
    if (!line->silent_) return;
    line->silent_ = false;
    ++version_;
    log::info("host answers again", {{"host", line->host_}});
    wake_calls_of(line->host_);
}

void Switchboard::fell_silent(const LinePtr& line) {
    const std::lock_guard lock(mutex_);
    if (line->silent_) return;
    line->silent_ = true;
    ++version_;
    log::warning("host doesn't answer", {{"host", line->host_}});
    wake_calls_of(line->host_);
}

void Switchboard::set_cut_off(bool cut_off) {
    const std::lock_guard lock(mutex_);
    cut_off_ = cut_off;
    wake_all_calls();
}

LinePtr Switchboard::line_of(const std::string& host) const {
    const std::lock_guard lock(mutex_);
    return line_to(host);
}

std::vector<LinePtr> Switchboard::lines() const {
    const std::lock_guard lock(mutex_);
    std::vector<LinePtr> out;
    out.reserve(lines_.size());
    for (const auto& [name, line] : lines_) out.push_back(line);
    return out;
}

void Switchboard::publish(std::string host, std::string event, json::object params) {
    if (event == "host.up" || event == "host.report") params = believe(params).report;
    events_.post([this, host = std::move(host), event = std::move(event), params = std::move(params)] {
        try {
            if (handler_) handler_(host, event, params);
        } catch (const std::exception& failure) {
            log::error("event could not be handled",
                       {{"host", host}, {"event", event}, {"error", std::string(failure.what())}});
        }
    });
}

void Switchboard::replied(const Line& line, const json::object& message) {
    const std::lock_guard lock(mutex_);
    const auto [begin, end] = pending_.equal_range(get_string(message, "id"));
    for (auto call = begin; call != end; ++call) {
        if (call->second->host != line.host_) continue;
        call->second->reply = message;
        call->second->done = true;
        call->second->changed.notify_all();
    }
}

void Switchboard::progressed(const Line& line, const json::object& message) {
    std::vector<Pending*> told;
    {
        const std::lock_guard lock(mutex_);
        const auto [begin, end] = pending_.equal_range(get_string(message, "id"));
        for (auto call = begin; call != end; ++call) {
            if (call->second->host != line.host_ || !call->second->on_progress) continue;
            ++call->second->telling;
            told.push_back(call->second);
        }
    }
    const ScopeExit leave([&] {
        const std::lock_guard lock(mutex_);
        for (auto* call : told) {
            --call->telling;
            call->changed.notify_all();
        }
    });
    for (const auto* call : told) call->on_progress(get_int(message, "done"), get_int(message, "total"));
}

json::object Switchboard::call(const std::string& host, std::string_view method, json::object params,
                               const CallOptions& options) {
    Pending mine;
    mine.id = options.command_id.empty() ? new_uuid() : options.command_id;
    mine.host = host;
    mine.method = method;
    mine.text = text_of({{"type", "call"},
                         {"id", mine.id},
                         {"method", method},
                         {"request_id", options.request_id},
                         {"account", options.account},
                         {"call", new_uuid()},
                         {"params", std::move(params)}});
    mine.on_progress = options.on_progress;
    std::unique_lock lock(mutex_);
    {
        const auto place = pending_.emplace(mine.id, &mine);
        const ScopeExit forget([&] {
            pending_.erase(place);
            mine.changed.wait(lock, [&] { return mine.telling == 0; });
        });
        wait_for_reply(lock, mine, options);
    }
    lock.unlock();
    if (mine.reply.contains("error")) throw error_of(mine.reply);
    return get_object(mine.reply, "result");
}

void Switchboard::wait_for_reply(std::unique_lock<std::mutex>& lock, Pending& mine, const CallOptions& options) {
    const auto deadline = Clock::now() + options.deadline;
    auto away_until = Clock::now() + kReconnectGrace;
    auto give_up = deadline;
    bool cancel_sent = false;
    auto pause = repeat_after_;
    auto repeat_at = Clock::time_point::max();
    while (!mine.done) {
        if (stopping_) throw Error(ErrorCode::Cancelled, "the control process ends");
        const auto line = line_to(mine.host);
        const bool silent = line && !may_be_sent_to(*line);
        if (silent && options.only_if_it_answers) {
            throw Error(ErrorCode::Unavailable, "The host does not answer. Try again later.", "host " + mine.host);
        }
        if (line && !silent && (mine.sent_to != line || Clock::now() >= repeat_at)) {
            mine.sent_to = line;
            cancel_sent = false;
            send(lock, line, mine.text);
            if (pause.count() > 0) repeat_at = Clock::now() + pause;
            pause = std::min(2 * pause, kMostBetweenRepeats);
            continue;
        }
        if (line || cut_off_) away_until = Clock::now() + kReconnectGrace;
        if (!cancel_sent && options.cancelled && options.cancelled()) {
            if (!line || mine.sent_to != line) throw Error(ErrorCode::Cancelled, "the command was cancelled");
            cancel_sent = true;
            give_up = std::min(give_up, Clock::now() + kCancelGrace);
            send(lock, line, text_of({{"type", "cancel"}, {"id", mine.id}}));
            continue;
        }
        auto until = line || cut_off_ ? give_up : std::min(give_up, away_until);
        if (line && !silent) until = std::min(until, repeat_at);
        if (mine.changed.wait_until(lock, until) != std::cv_status::timeout || mine.done) continue;
        if (Clock::now() >= repeat_at && Clock::now() < give_up) continue;
        if (cancel_sent) throw Error(ErrorCode::Cancelled, "the command was cancelled");
        if (!line_to(mine.host))
            throw Error(ErrorCode::Unavailable, "the host of this is not connected", "host " + mine.host);
        if (Clock::now() >= deadline)
            throw Error(ErrorCode::Timeout, "the host of this did not answer in time",
                        "host " + mine.host + ", " + std::string(mine.method));
    }
}

/// With the lock.
LinePtr Switchboard::line_to(const std::string& host) const {
    const auto found = lines_.find(host);
    return found == lines_.end() ? nullptr : found->second;
}

void Switchboard::end_calls() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_all_calls();
}

std::vector<HostState> Switchboard::hosts() const {
    const std::lock_guard lock(mutex_);
    std::vector<HostState> out;
    out.reserve(lines_.size());
    for (const auto& [name, line] : lines_) out.push_back({name, line->report_, !line->silent_});
    return out;
}

std::optional<HostState> Switchboard::find(const std::string& host) const {
    const std::lock_guard lock(mutex_);
    const auto line = line_to(host);
    if (!line) return std::nullopt;
    return HostState{host, line->report_, !line->silent_};
}

std::uint64_t Switchboard::version() const {
    const std::lock_guard lock(mutex_);
    return version_;
}

bool Switchboard::is_up(const std::string& host) const {
    const std::lock_guard lock(mutex_);
    return lines_.count(host) > 0;
}

bool Switchboard::answers(const std::string& host) const {
    const std::lock_guard lock(mutex_);
    const auto line = line_to(host);
    return line && !line->silent_;
}

}  // namespace virga::rpc
