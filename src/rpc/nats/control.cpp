#include "rpc/nats/control.hpp"

#include <utility>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "rpc/message.hpp"

namespace virga::rpc {
namespace {

constexpr std::chrono::seconds kPatience{10};
constexpr std::chrono::milliseconds kRepeatAfter{5'000};
/// How long another cloud has to object.
constexpr std::chrono::milliseconds kObjection{300};

bool is_over(std::int64_t span_us, std::chrono::milliseconds limit) {
    return std::chrono::microseconds(span_us) >= limit;
}

}  // namespace

/// One connection of a host to a server; the host names it anew each time that it connects.
class NatsControl::Session : public Line {
public:
    Session(nats::Broker& broker, std::string subject, std::string name)
        : id(std::move(name)), broker_(broker), subject_(std::move(subject)) {}
    void send(const std::string& text) override { broker_.publish(subject_, text); }
    void shut_down() override {}

    const std::string id;
    std::atomic<std::int64_t> heard_us{monotonic_us()};

private:
    nats::Broker& broker_;
    const std::string subject_;
};

NatsControl::NatsControl(nats::Meeting meeting, Heartbeat heartbeat)
    : Switchboard(kRepeatAfter),
      name_(new_uuid()),
      heartbeat_(heartbeat),
      servers_(nats::public_names(meeting.servers)),
      broker_(std::move(meeting), "virga control " + name_) {
    broker_.on_connected([this] { meet(); });
    broker_.on_lost([this] { set_cut_off(true); });
}

NatsControl::~NatsControl() {
    NatsControl::stop();
}

void NatsControl::bar(std::function<std::set<std::string>()> names) {
    barred_names_ = std::move(names);
}

void NatsControl::start() {
    look_who_is_barred();
    const auto read = [this](std::string_view subject, const std::string& text) { hear(subject, text); };
    broker_.subscribe("r.*." + name_, "", read);
    broker_.subscribe("e.*", "", read);
    broker_.subscribe("w.*", "control-" + nats::token_of(cloud()),
                      [this](std::string_view subject, const std::string& text) { hear_event(subject, text); });
    broker_.subscribe("k", "", [this](std::string_view, const std::string& text) { hear_control(text); });
    if (!broker_.start(kPatience))
        throw Error(ErrorCode::Unavailable, "rpc.url: no NATS server answers at " + servers_);
    {
        std::unique_lock lock(mutex_);
        if (wake_.wait_for(lock, kObjection, [this] { return other_is_here_; }))
            throw Error(ErrorCode::Conflict,
                        "rpc.prefix: another cloud uses this prefix at " + servers_ + "; give each of them its own");
        met_ = true;
        for (auto& event : early_) publish(event.host, event.name, std::move(event.params));
        early_.clear();
    }
    meet();
    judge_ = std::thread([this] { judge_loop(); });
}

void NatsControl::stop() {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) return;
        stopping_ = true;
    }
    end_calls();
    wake_.notify_all();
    if (judge_.joinable()) judge_.join();
    broker_.stop();
    for (const auto& line : lines()) disconnect(line);
    end_events();
}

/// After each connection: hosts have to say anew that they are there.
void NatsControl::meet() {
    introduce();
    {
        const std::lock_guard lock(mutex_);
        if (!met_) return;
    }
    for (const auto& line : lines()) std::static_pointer_cast<Session>(line)->heard_us = monotonic_us();
    set_cut_off(false);
    broker_.publish("a." + name_, text_of({{"type", "who"}}));
}

void NatsControl::introduce() {
    broker_.publish("k", text_of({{"cloud", cloud()}, {"control", name_}}));
}

/// The cloud that was here first stays: it objects to the other one, which then doesn't start.
void NatsControl::hear_control(const std::string& text) {
    const auto other = get_string(parse_object(text), "cloud");
    if (other == cloud()) return;
    {
        const std::lock_guard lock(mutex_);
        other_is_here_ = true;
        wake_.notify_all();
        if (!met_) return;
    }
    log::error("another cloud tries to use the prefix of this one", {{"setting", "rpc.prefix"}});
    introduce();
}

/// The host is the one of the subject: a server lets none publish under another's name.
void NatsControl::hear(std::string_view subject, const std::string& text) {
    {
        const std::lock_guard lock(mutex_);
        if (!met_) return;
    }
    const auto host = nats::name_of(nats::token_at(subject, 1));
    if (is_barred(host)) return turn_away(host);
    const auto message = parse_object(text);
    const auto type = get_string(message, "type");
    if (type == "hello") return greeted(host, message, nats::token_at(subject, 0) == "r");
    const auto session = session_of(host);
    const auto id = get_optional_string(message, "session");
    if (!session || (id && *id != session->id)) {
        if (type != "bye") ask_who(host);
        return;
    }
    session->heard_us = monotonic_us();
    heard(session);
    handle(session, message);
    if (type == "bye") disconnect(session);
}

/// One of several control processes gets it, which need not have heard of the host yet.
void NatsControl::hear_event(std::string_view subject, const std::string& text) {
    const auto message = parse_object(text);
    Event event{nats::name_of(nats::token_at(subject, 1)), get_string(message, "event"), get_object(message, "params")};
    if (is_barred(event.host)) return;
    const std::lock_guard lock(mutex_);
    if (met_)
        publish(event.host, event.name, std::move(event.params));
    else
        early_.push_back(std::move(event));
}

/// A host tells one of us that it is up, unless one asks for hosts that it doesn't know: that one concerns itself.
void NatsControl::greeted(const std::string& host, const json::object& message, bool was_asked) {
    const bool was_known = session_of(host) != nullptr;
    auto report = get_object(message, "report");
    connect(
        std::make_shared<Session>(broker_, "h." + nats::token_of(host) + "." + name_, get_string(message, "session")),
        host, report);
    if (was_asked && !was_known) publish(host, "host.up", std::move(report));
}

void NatsControl::ask_who(const std::string& host) {
    broker_.publish("h." + nats::token_of(host) + "." + name_, text_of({{"type", "who"}}));
}

NatsControl::SessionPtr NatsControl::session_of(const std::string& host) const {
    return std::static_pointer_cast<Session>(line_of(host));
}

/// Who was cut off, or didn't run itself, can't judge whether others do.
void NatsControl::judge_loop() {
    auto last_us = monotonic_us();
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, heartbeat_.interval / 3, [this] { return stopping_; })) {
        lock.unlock();
        look_who_is_barred();
        const auto now = monotonic_us();
        const bool was_away = is_over(now - last_us, (heartbeat_.interval + heartbeat_.silence) / 2);
        last_us = now;
        if (was_away) {
            for (const auto& line : lines()) std::static_pointer_cast<Session>(line)->heard_us = now;
        } else if (broker_.is_connected()) {
            judge(now);
        }
        lock.lock();
    }
}

/// While that can't be known, whoever was barred is.
void NatsControl::look_who_is_barred() {
    if (!barred_names_) return;
    std::set<std::string> names;
    try {
        names = barred_names_();
        bars_known_ = true;
    } catch (const Error& failure) {
        if (std::exchange(bars_known_, false))
            log::warning("whose key was revoked can't be read", {{"error", failure.message()}});
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        barred_ = names;
    }
    for (const auto& name : names) {
        if (const auto line = line_of(name)) disconnect(line);
    }
}

bool NatsControl::is_barred(const std::string& host) {
    const std::lock_guard lock(mutex_);
    return barred_.contains(host);
}

void NatsControl::turn_away(const std::string& host) {
    broker_.publish("h." + nats::token_of(host) + "." + name_, text_of({{"type", "barred"}}));
}

void NatsControl::judge(std::int64_t now_us) {
    for (const auto& line : lines()) {
        const auto silence = now_us - std::static_pointer_cast<Session>(line)->heard_us;
        if (is_over(silence, heartbeat_.loss))
            disconnect(line);
        else if (is_over(silence, heartbeat_.silence))
            fell_silent(line);
    }
}

}  // namespace virga::rpc
