#include "rpc/nats/host.hpp"

#include <tuple>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "rpc/message.hpp"

namespace virga::rpc {
namespace {

/// How long a host of the same name has to object.
constexpr std::chrono::milliseconds kObjection{300};

}  // namespace

NatsHost::NatsHost(nats::Meeting meeting, std::string host_name, Threads threads, Heartbeat heartbeat)
    : CommandServer(std::move(host_name), threads),
      token_(nats::token_of(host())),
      process_(new_uuid()),
      started_us_(now_us()),
      heartbeat_(heartbeat),
      broker_(std::move(meeting), "virga host " + host()) {
    const auto read = [this](std::string_view subject, const std::string& text) { hear(subject, text); };
    broker_.subscribe("h." + token_ + ".*", "", read);
    broker_.subscribe("a.*", "", read);
    broker_.subscribe("n." + token_, "", [this](std::string_view, const std::string& text) { hear_namesake(text); });
    broker_.on_connected([this] {
        const std::lock_guard lock(mutex_);
        ++connections_;
        wake_.notify_all();
    });
}

NatsHost::~NatsHost() {
    NatsHost::stop();
}

void NatsHost::start() {
    if (!broker_.start({})) log::warning("no NATS server answers, trying again", {{"setting", "rpc.url"}});
    beat_ = std::thread([this] { beat_loop(); });
}

void NatsHost::stop() {
    const auto before = state_.exchange(State::Ended);
    if (before == State::Ended) return;
    if (before == State::Serving) {
        broker_.publish("e." + token_, text_of({{"type", "bye"}, {"session", session()}}));
        broker_.flush();
    }
    cancel_all();  // nobody is told: the commands are asked for again after the restart
    {
        const std::lock_guard lock(mutex_);
        wake_.notify_all();
    }
    if (beat_.joinable()) beat_.join();
    broker_.stop();
    end_commands();
}

void NatsHost::tell(const Asker& to, const std::string& text) {
    if (state_ == State::Serving) broker_.publish("r." + token_ + "." + to, text);
}

void NatsHost::tell_all(const std::string& text) {
    if (state_ == State::Serving) broker_.publish("e." + token_, text);
}

void NatsHost::tell_one(const std::string& text) {
    if (state_ == State::Serving) broker_.publish("w." + token_, text);
}

/// h.HOST.CONTROL or a.CONTROL.
void NatsHost::hear(std::string_view subject, const std::string& text) {
    if (state_ != State::Serving) return;  // it is asked again
    const Asker from(nats::token_at(subject, nats::token_at(subject, 0) == "a" ? 1 : 2));
    const auto message = parse_object(text);
    const auto type = get_string(message, "type");
    if (type == "barred") return give_up(State::Barred);
    if (type != "who") return handle(from, message);
    const std::lock_guard lock(mutex_);
    who_.insert(from);
    wake_.notify_all();
}

/// The one that was started first stays. Both see it alike, and the later one needs no answer.
void NatsHost::hear_namesake(const std::string& text) {
    const auto message = parse_object(text);
    const auto process = get_string(message, "process");
    if (process == process_ || state_ == State::Ended || is_refused()) return;
    if (std::tuple(started_us_, process_) < std::tuple(get_int(message, "started_us"), process)) return claim();
    give_up(State::NameTaken);
}

void NatsHost::give_up(State why) {
    const std::lock_guard lock(mutex_);
    auto now = state_.load();
    while ((now == State::Claiming || now == State::Serving) && !state_.compare_exchange_weak(now, why)) {
    }
    wake_.notify_all();
}

Error NatsHost::refusal() const {
    if (state_ == State::Barred)
        return {ErrorCode::Forbidden, "rpc.credentials: the key of the host '" + host() +
                                          "' was revoked; an administrator must invite it anew"};
    return {ErrorCode::Conflict, "host.name: another host of this cloud is at work under the name '" + host() +
                                     "'; give each a name of its own"};
}

void NatsHost::claim() {
    broker_.publish("n." + token_, text_of({{"process", process_}, {"started_us", started_us_}}));
}

void NatsHost::beat_loop() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return connections_ > 0 || state_ == State::Ended; });
    if (!claim_name(lock)) return;
    auto last_us = monotonic_us();
    while (state_ == State::Serving) {
        greet(lock);
        const auto now = monotonic_us();
        const bool was_away = std::chrono::microseconds(now - last_us) > heartbeat_.silence;
        last_us = now;
        lock.unlock();
        if (was_away) claim();  // another may have taken the name while this process did not run
        tell_all(text_of({{"type", "beat"}, {"session", session()}}));
        lock.lock();
        wake_.wait_for(lock, heartbeat_.interval,
                       [this] { return state_ != State::Serving || greeted_ != connections_ || !who_.empty(); });
    }
    lock.unlock();
    if (is_refused()) refuse(refusal());
}

/// False when it is not to serve.
bool NatsHost::claim_name(std::unique_lock<std::mutex>& lock) {
    lock.unlock();
    claim();
    lock.lock();
    wake_.wait_for(lock, kObjection, [this] { return state_ != State::Claiming; });
    auto expected = State::Claiming;
    state_.compare_exchange_strong(expected, State::Serving);
    return state_ != State::Ended;
}

/// Tells who has to know that the host is there: all, after a connection; or who asked.
void NatsHost::greet(std::unique_lock<std::mutex>& lock) {
    const bool is_new = greeted_ != connections_;
    greeted_ = connections_;
    const auto askers = std::exchange(who_, {});
    if (!is_new && askers.empty()) return;
    lock.unlock();
    if (is_new) claim();
    const auto report = own_report();
    const auto hello = text_of({{"type", "hello"}, {"session", session()}, {"report", report}});
    if (is_new) {
        tell_all(hello);
        tell_one(text_of({{"type", "event"}, {"event", "host.up"}, {"params", report}}));
    }
    for (const auto& asker : askers) tell(asker, hello);
    lock.lock();
}

/// Another one after each connection: what was on the way before it may be lost.
std::string NatsHost::session() const {
    const std::lock_guard lock(mutex_);
    return process_ + "-" + std::to_string(greeted_);
}

}  // namespace virga::rpc
