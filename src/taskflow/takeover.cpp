#include "taskflow/takeover.hpp"

#include "base/log.hpp"

namespace virga::taskflow {
namespace {

/// A second more than the lease and this is how long the flows of the dead wait at most.
constexpr std::chrono::milliseconds kPause{500};
constexpr std::chrono::seconds kPauseOfAll{5};
static_assert(3 * kPauseOfAll <= Watches::kFollowed);

}  // namespace

void Takeover::begin(Found found) {
    found_ = std::move(found);
    listen();
    look();
    looks_.start(kPause, [this] {
        try {
            look();
        } catch (const std::exception& failure) {
            missed_ = true;
            log::warning("other replicas could not be looked at", {{"error", std::string(failure.what())}});
        }
    });
}

void Takeover::listen() {
    auto& watches = flows_.watches();
    watches.tell_others({[this](const std::string& resource) { peers_.say_follow(resource); },
                         [this](const std::string& resource) { peers_.say_changed(resource); }});
    peers_.begin({.cancelled = found_.cancelled,
                  .ended =
                      [this](const FlowId& flow) {
                          executor_.ended_elsewhere(flow);
                          flows_.others_may_have_changed();
                      },
                  .free = [this] { looks_.now(); },
                  .follow = [&watches](const std::string& resource) { watches.followed_elsewhere(resource); },
                  .changed = [&watches](const std::string& resource) { watches.changed_elsewhere(resource); },
                  .missed =
                      [this] {
                          missed_ = true;
                          looks_.now();
                      }});
}

void Takeover::look() {
    claim();
    if (!missed_.exchange(false) && Clock::now() < next_look_at_all_) return;
    look_at_all();
    next_look_at_all_ = Clock::now() + kPauseOfAll;
}

void Takeover::look_at_all() {
    for (const auto& flow : ledger_.to_cancel(lease_.id())) found_.cancelled(flow);
    find_lost();
    executor_.look_for_ends();
    flows_.others_may_have_changed();
    flows_.watches().all_changed();
    flows_.watches().follow_again();
}

/// Flows that are this process's but that it doesn't know: the commit that began, took or moved them was done although
/// its connection broke. One that begins or ends just now is told apart by looking twice.
void Takeover::find_lost() {
    const auto id = lease_.id();
    if (executor_.is_stopping() || !lease_.holds(id)) return;
    std::set<std::string> seem_lost;
    std::vector<FlowId> lost;
    for (const auto& flow : ledger_.owned(id)) {
        if (flows_.find(flow)) continue;
        seem_lost.insert(flow.value);
        if (lost_.contains(flow.value)) lost.push_back(flow);
    }
    lost_ = std::move(seem_lost);
    for (auto& flow : ledger_.own_anew(id, lost)) found_.flow(std::move(flow));
}

/// Never with a lease that has run out: what it claimed would be free again at once.
void Takeover::claim() {
    for (;;) {
        const auto id = lease_.id();
        if (executor_.is_stopping() || !lease_.holds(id)) return;
        auto flows = ledger_.claim(id, Lease::kLength.count());
        if (flows.empty()) return;
        missed_ = true;  // what their owner would have told
        for (auto& flow : flows) found_.flow(std::move(flow));
    }
}

}  // namespace virga::taskflow
