#include "volume/host/lock_table.hpp"

#include <algorithm>
#include <chrono>

#include "base/error.hpp"
#include "base/scope_exit.hpp"

namespace virga::volume::host {

LockTable::Held::~Held() {
    const std::lock_guard lock(table_.mutex_);
    for (const auto& name : names_) table_.locked_.erase(name);
    table_.released_.notify_all();
}

bool LockTable::Held::is_wanted() const {
    const std::lock_guard lock(table_.mutex_);
    return std::any_of(names_.begin(), names_.end(), [&](const auto& name) { return table_.wanted_.contains(name); });
}

bool LockTable::is_free(const std::set<std::string>& names) const {
    return std::none_of(names.begin(), names.end(), [&](const auto& name) { return locked_.contains(name); });
}

LockTable::Held LockTable::lock(const std::set<std::string>& names, const std::function<bool()>& cancelled,
                                Clock::time_point until) {
    std::unique_lock lock(mutex_);
    wanted_.insert(names.begin(), names.end());
    const ScopeExit waited([&] {
        for (const auto& name : names) wanted_.erase(wanted_.find(name));
    });
    while (!is_free(names)) {
        if (Clock::now() >= until) {
            throw Error(ErrorCode::Busy, "Volume " + *names.begin() +
                                             " is busy: its data is being copied, moved or kept right now. Try again "
                                             "when that has ended.");
        }
        released_.wait_for(lock, std::chrono::milliseconds(100));
        if (cancelled && cancelled()) throw Error(ErrorCode::Cancelled, "waiting for the volume was cancelled");
    }
    locked_.insert(names.begin(), names.end());
    return Held(*this, names);
}

}  // namespace virga::volume::host
