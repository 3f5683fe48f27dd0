#include "taskflow/takeover.hpp"

#include "base/log.hpp"

namespace virga::taskflow {
namespace {

constexpr std::chrono::milliseconds kPause{500};

}  // namespace

void Takeover::begin(Found found) {
    found_ = std::move(found);
    look();
    looks_.start(kPause, [this] {
        try {
            look();
        } catch (const std::exception& failure) {
            log::warning("other replicas could not be looked at", {{"error", std::string(failure.what())}});
        }
    });
}

void Takeover::look() {
    claim();
    for (const auto& flow : ledger_.to_cancel(lease_.id())) found_.cancelled(flow);
    executor_.look_for_ends();
    flows_.others_may_have_changed();
}

/// Never with a lease that has run out: what it claimed would be free again at once.
void Takeover::claim() {
    for (;;) {
        const auto id = lease_.id();
        if (executor_.is_stopping() || !lease_.holds(id)) return;
        auto flows = ledger_.claim(id, Lease::kLength.count());
        if (flows.empty()) return;
        for (auto& flow : flows) found_.flow(std::move(flow));
    }
}

}  // namespace virga::taskflow
