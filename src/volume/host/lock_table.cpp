#include "volume/host/lock_table.hpp"

#include <algorithm>
#include <chrono>

#include "base/error.hpp"

namespace virga::volume::host {

LockTable::Held::~Held() {
    const std::lock_guard lock(table_.mutex_);
    for (const auto& name : names_) table_.locked_.erase(name);
    table_.released_.notify_all();
}

bool LockTable::is_free(const std::set<std::string>& names) const {
    return std::none_of(names.begin(), names.end(), [&](const auto& name) { return locked_.contains(name); });
}

LockTable::Held LockTable::lock(std::set<std::string> names, const std::function<bool()>& cancelled) {
    std::unique_lock lock(mutex_);
    while (!is_free(names)) {
        released_.wait_for(lock, std::chrono::milliseconds(100));
        if (cancelled && cancelled()) throw Error(ErrorCode::Cancelled, "waiting for the volume was cancelled");
    }
    locked_.insert(names.begin(), names.end());
    return Held(*this, std::move(names));
}

}  // namespace virga::volume::host
