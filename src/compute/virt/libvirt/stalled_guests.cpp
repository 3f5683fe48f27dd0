#include "compute/virt/libvirt/stalled_guests.hpp"

#include <chrono>
#include <utility>

#include "base/error.hpp"
#include "base/log.hpp"

namespace virga::compute::virt::libvirt {
namespace {

/// An export that starts anew takes some tenths of a second.
constexpr std::chrono::milliseconds kTryAgain{250};

}  // namespace

void StalledGuests::start() {
    stopping_ = false;
    thread_ = std::thread([this] { run(); });
}

void StalledGuests::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        changed_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
}

void StalledGuests::add(const std::string& server_id) {
    const std::lock_guard lock(mutex_);
    stalled_.insert(server_id);
    changed_.notify_all();
}

void StalledGuests::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        changed_.wait(lock, [&] { return stopping_ || !stalled_.empty(); });
        if (changed_.wait_for(lock, kTryAgain, [&] { return stopping_; })) return;
        const auto now = std::exchange(stalled_, {});
        lock.unlock();
        for (const auto& id : now) {
            try {
                let_go_on_(id);
            } catch (const Error& failure) {
                log::debug("a guest that waits for a disk can't go on yet",
                           {{"server", id}, {"error", failure.message()}});
                add(id);
            }
        }
        lock.lock();
    }
}

bool is_stalled(virDomainPtr domain) {
    int state = VIR_DOMAIN_NOSTATE;
    int reason = 0;
    return virDomainGetState(domain, &state, &reason, 0) == 0 && state == VIR_DOMAIN_PAUSED &&
           reason == VIR_DOMAIN_PAUSED_IOERROR;
}

}  // namespace virga::compute::virt::libvirt
