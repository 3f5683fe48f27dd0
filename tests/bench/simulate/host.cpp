#include "bench/simulate/host.hpp"

#include <cstdio>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "compute/host_commands.hpp"
#include "rpc/nats/broker.hpp"
#include "rpc/nats/meeting.hpp"
#include "volume/host_commands.hpp"

namespace virga::simulate {
namespace {

constexpr std::int64_t kReconnect_us = 100'000;
/// As a host waits for one that has its name.
constexpr std::int64_t kObjection_us = 300'000;
constexpr std::int64_t kStatement_s = 24 * 3'600;

std::string name_of(std::int64_t number) {
    char text[16];
    std::snprintf(text, sizeof text, "sim-%05lld", static_cast<long long>(number));
    return text;
}

std::optional<Identity> identity_of(const Settings& settings, const std::string& name) {
    if (!settings.signer) return std::nullopt;
    rpc::nats::Key key(rpc::nats::KeyKind::User);
    auto statement = settings.signer->statement(name, key.name(), now_us() / 1'000'000 + kStatement_s);
    return Identity{std::move(statement), std::move(key)};
}

std::vector<std::string> taps_in(const json::array& nics) {
    std::vector<std::string> taps;
    for (const auto& nic : nics) taps.push_back(get_string(nic.as_object(), "tap"));
    return taps;
}

json::object fetched(const json::object& params) {
    const auto image = get_object(params, "image");
    return {{"base_path", "/simulated/" + get_string(image, "image_id")},
            {"format", "raw"},
            {"virtual_size_bytes", 1'048'576},
            {"cache_hit", true},
            {"copied_bytes", 0}};
}

json::object made_disks(const json::object& params) {
    json::array disks;
    for (const auto& disk : get_objects(params, "disks")) {
        const auto file = get_string(disk, "file");
        disks.push_back(json::object{{"file", file}, {"format", "qcow2"}, {"path", "/simulated/" + file}});
    }
    return {{"backend", "Qcow2"}, {"disks", std::move(disks)}};
}

json::object refusal(const Error& failure) {
    return {{"code", to_string(failure.code())}, {"message", failure.message()}, {"detail", failure.detail()}};
}

bool only_asks(std::string_view method) {
    return method == compute::command::kServerState || method.ends_with(".inventory");
}

}  // namespace

Host::Host(Loop& loop, const Settings& settings, std::int64_t number, Counts& counts, std::function<void()> changed)
    : loop_(loop),
      settings_(settings),
      counts_(counts),
      changed_(std::move(changed)),
      name_(name_of(number)),
      process_(new_uuid()),
      started_us_(now_us()),
      guests_(number, settings.hosts),
      link_(std::make_unique<Link>(
          loop, identity_of(settings, name_), std::vector{subject("h") + ".*", settings.prefix + ".a.*", subject("n")},
          [this](std::string_view from, std::string_view text) { hear(from, text); }, [this] { opened(); },
          [this](const std::string& why) {
              std::fprintf(stderr, "%s: %s\n", name_.c_str(), why.c_str());
              loop_.after(kReconnect_us, [this] { connect(); });
          })) {}

void Host::connect() {
    link_->open(settings_.server, "virga host " + name_);
}

void Host::opened() {
    ++sessions_;
    ++counts_.opened;
    changed_();
    say(subject("n"), {{"process", process_}, {"started_us", started_us_}});
    if (is_serving_) return serve();
    loop_.after(kObjection_us, [this] {
        is_serving_ = true;
        ++counts_.serving;
        changed_();
        serve();
    });
}

void Host::serve() {
    say(subject("e"), hello());
    say(subject("w"), {{"type", "event"}, {"event", "host.up"}, {"params", report()}});
    beat(sessions_);
}

void Host::beat(std::int64_t session_number) {
    if (session_number != sessions_ || !link_->is_open()) return;
    say(subject("e"), {{"type", "beat"}, {"session", session()}});
    const auto interval = std::chrono::duration_cast<std::chrono::microseconds>(rpc::nats::kHeartbeat.interval);
    loop_.after(interval.count(), [this, session_number] { beat(session_number); });
}

void Host::say_bye() {
    say(subject("e"), {{"type", "bye"}, {"session", session()}});
}

json::object Host::report() const {
    auto out = settings_.report;
    out["host"] = name_;
    return out;
}

json::object Host::hello() const {
    return {{"type", "hello"}, {"session", session()}, {"report", report()}};
}

/// PREFIX.h.HOST.CONTROL or PREFIX.a.CONTROL; what others of the same name say doesn't concern the only one.
void Host::hear(std::string_view from, std::string_view text) {
    if (!is_serving_) return;
    const auto kind = rpc::nats::token_at(from, 1);
    if (kind == "n") return;
    const std::string control(rpc::nats::token_at(from, kind == "a" ? 2 : 3));
    const auto message = parse_object(text);
    const auto type = get_string(message, "type");
    if (type == "call") return answer(control, message);
    if (type == "who") return say(subject("r") + "." + control, hello());
    if (type == "ping") return say(subject("r") + "." + control, {{"type", "pong"}});
    if (type != "welcome" || !welcomed_by_.insert(control).second) return;
    ++counts_.welcomed[control];
    changed_();
}

void Host::answer(const std::string& control, const json::object& call) {
    ++counts_.commands;
    const auto method = get_string(call, "method");
    json::object reply{{"type", "reply"}, {"id", get_string(call, "id")}};
    try {
        reply["result"] = result_of(method, get_object(call, "params"));
    } catch (const Error& failure) {
        reply["error"] = refusal(failure);
    }
    const auto to = subject("r") + "." + control;
    if (settings_.delay_us == 0 || only_asks(method)) return say(to, reply);
    loop_.after(settings_.delay_us, [this, to, text = json::serialize(reply)] { link_->publish(to, text); });
}

json::object Host::result_of(const std::string& method, const json::object& params) {
    using namespace compute::command;
    const auto server = get_string(params, "server_id");
    const auto guest = get_object(params, "guest");
    const auto started = [&] {
        guests_.start(get_string(guest, "server_id"), taps_in(get_array(guest, "nics")));
        return json::object{{"power_state", 1}, {"define_us", 0}, {"create_us", 0}, {"already_running", false}};
    };
    if (method == kFetchImage) return fetched(params);
    if (method == kCreateDisks) return made_disks(params);
    if (method == kCreateConfigDrive) return {{"bytes", 0}};
    if (method == kSpawn || method == kPowerOn || method == kReboot) return started();
    if (method == kPowerOff) {
        guests_.stop(server);
        return {{"power_state", 4}};
    }
    if (method == kDestroyGuest || method == kRemoveServerFiles) {
        guests_.remove(server);
        for (const auto& tap : taps_in(get_array(params, "nics"))) guests_.unplug(tap);
        return {};
    }
    if (method == kServerState) {
        const auto state = guests_.power_state(server);
        return {{"power_state", state.value_or(0)}, {"exists", state.has_value()}};
    }
    if (method == kInventory) return guests_.inventory();
    if (method == network::command::kInventory) return {{"taps", guests_.taps()}, {"unprotected", json::array()}};
    if (method == network::command::kPlug || method == network::command::kUnplug) {
        for (const auto& tap : taps_in(get_array(params, "nics")))
            method == network::command::kPlug ? guests_.plug(tap) : guests_.unplug(tap);
        return {};
    }
    if (method == volume::command::kInventory) return {{"backends", json::array()}};
    throw Error(ErrorCode::NotSupported, "simulated hosts have no command '" + method + "'");
}

}  // namespace virga::simulate
