#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "bench/simulate/guests.hpp"
#include "bench/simulate/link.hpp"
#include "rpc/nats/accounts.hpp"

namespace virga::simulate {

struct Settings {
    sockaddr_in server{};
    std::string prefix = "virga";
    std::optional<rpc::nats::HostSigner> signer;  ///< none: a server that asks nobody who he is
    std::int64_t hosts = 1;
    std::int64_t delay_us = 0;  ///< from a command that changes something to its answer
    json::object report;        ///< of each host, but for its name
};

/// What all hosts have done so far.
struct Counts {
    std::int64_t serving = 0;
    std::int64_t opened = 0;  ///< connections, those that were lost, too
    std::int64_t commands = 0;
    std::map<std::string, std::int64_t> welcomed;  ///< hosts by control process
};

/// A host as control processes see it, by the messages of docs/design/rpc.md. It has no hypervisor: its guests are what
/// it says of them. A repeat of a command finds it done, so that no reply is remembered; nothing can be cancelled.
class Host {
public:
    /// `changed` is called after something was counted.
    Host(Loop& loop, const Settings& settings, std::int64_t number, Counts& counts, std::function<void()> changed);

    void connect();
    void fill(std::int64_t servers) { guests_.fill(servers); }
    /// Its end is meant.
    void say_bye();

private:
    void opened();
    void serve();
    void beat(std::int64_t session);
    void hear(std::string_view subject, std::string_view text);
    void answer(const std::string& control, const json::object& call);
    json::object result_of(const std::string& method, const json::object& params);
    std::string subject(const char* kind) const { return settings_.prefix + "." + kind + "." + name_; }
    void say(const std::string& subject, const json::object& message) {
        link_->publish(subject, json::serialize(message));
    }
    std::string session() const { return process_ + "-" + std::to_string(sessions_); }
    json::object hello() const;
    json::object report() const;

    Loop& loop_;
    const Settings& settings_;
    Counts& counts_;
    const std::function<void()> changed_;
    const std::string name_;
    const std::string process_;
    const std::int64_t started_us_;
    Guests guests_;
    std::int64_t sessions_ = 0;
    bool is_serving_ = false;
    std::set<std::string> welcomed_by_;
    std::unique_ptr<Link> link_;
};

}  // namespace virga::simulate
