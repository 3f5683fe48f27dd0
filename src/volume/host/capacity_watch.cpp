#include "volume/host/capacity_watch.hpp"

#include "base/log.hpp"

namespace virga::volume::host {
namespace {

constexpr std::chrono::milliseconds kRest{500};  ///< between two looks, however many nudges there are

}  // namespace

json::array CapacityWatch::last() const {
    const std::lock_guard lock(mutex_);
    return last_;
}

bool CapacityWatch::look() {
    auto now = look_();
    const std::lock_guard lock(mutex_);
    const bool different = now != last_;
    last_ = std::move(now);
    return different;
}

void CapacityWatch::start(std::chrono::seconds interval, std::function<void()> changed) {
    ending_ = false;
    thread_ = std::thread([this, interval, changed = std::move(changed)] { run(interval, changed); });
}

void CapacityWatch::run(std::chrono::seconds interval, const std::function<void()>& changed) {
    std::unique_lock lock(mutex_);
    while (!ending_) {
        wake_.wait_for(lock, interval, [&] { return nudged_ || ending_; });
        if (ending_) return;
        nudged_ = false;
        lock.unlock();
        try {
            if (look()) changed();
        } catch (const std::exception& e) {
            log::error("the backends' capacity can't be found out", {{"error", e.what()}});
        }
        lock.lock();
        wake_.wait_for(lock, kRest, [&] { return ending_; });
    }
}

void CapacityWatch::nudge() {
    {
        const std::lock_guard lock(mutex_);
        nudged_ = true;
    }
    wake_.notify_all();
}

void CapacityWatch::stop() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

}  // namespace virga::volume::host
