#pragma once
#include <functional>
#include <memory>
#include <string>

#include "base/ids.hpp"
#include "db/signals.hpp"

namespace virga::taskflow {

/// What the processes that share a database tell one another of flows, as soon as it is committed, so that nobody has
/// to look again and again. All are hints: what is missed is found in the database. Where there are no others, nothing
/// happens.
class Peers {
public:
    struct Heard {
        std::function<void(const FlowId&)> cancelled;
        std::function<void(const FlowId&)> ended;
        std::function<void()> free;                                ///< flows have lost their owner
        std::function<void(const std::string& resource)> follow;   ///< somebody elsewhere does, for now
        std::function<void(const std::string& resource)> changed;  ///< something of its flows
        std::function<void()> missed;                              ///< any of it may have happened
    };

    explicit Peers(std::unique_ptr<db::Signals> signals) : signals_(std::move(signals)) {}

    void begin(Heard heard);
    void end();

    void say_cancelled(const FlowId& flow) { say("cancelled", flow.value); }
    void say_ended(const FlowId& flow) { say("ended", flow.value); }
    void say_free() { say("free", {}); }
    void say_follow(const std::string& resource) { say("follow", resource); }
    void say_changed(const std::string& resource) { say("changed", resource); }

private:
    void say(const char* what, const std::string& of);
    void hear(const std::string& word);

    std::unique_ptr<db::Signals> signals_;
    Heard heard_;
};

}  // namespace virga::taskflow
