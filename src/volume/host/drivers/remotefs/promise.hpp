#pragma once
#include "volume/host/drivers/remotefs/remotefs_driver.hpp"

namespace virga::volume::host::remotefs {

class RemoteFsDriver::Promise {
public:
    /// Of what take() gave.
    Promise(RemoteFsDriver& driver, Share& share, std::int64_t gib) : driver_(driver), share_(share), gib_(gib) {}
    ~Promise() {
        const std::lock_guard lock(driver_.mutex_);
        driver_.promised_[&share_].pending_gib -= gib_;
    }
    Promise(const Promise&) = delete;
    Promise& operator=(const Promise&) = delete;
    Share& share() const { return share_; }

private:
    RemoteFsDriver& driver_;
    Share& share_;
    std::int64_t gib_;
};

}  // namespace virga::volume::host::remotefs
