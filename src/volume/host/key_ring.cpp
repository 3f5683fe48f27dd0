#include "volume/host/key_ring.hpp"

namespace virga::volume::host {

KeyRing::Held::Held(KeyRing& ring, std::string id, Secret key) : ring_(ring), id_(std::move(id)) {
    const std::lock_guard lock(ring_.mutex_);
    ring_.keys_.emplace(id_, std::move(key));
}

KeyRing::Held::~Held() {
    const std::lock_guard lock(ring_.mutex_);
    ring_.keys_.erase(ring_.keys_.find(id_));
}

Secret KeyRing::find(const std::string& volume_id) const {
    const std::lock_guard lock(mutex_);
    const auto found = keys_.find(volume_id);
    return found == keys_.end() ? Secret() : found->second;
}

}  // namespace virga::volume::host
