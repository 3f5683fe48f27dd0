#pragma once
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>

#include "base/secret.hpp"
#include "config/config.hpp"

namespace virga::identity {

/// All hashing of passwords: so many at once, which bounds its memory and its share of the machine.
class PasswordWork {
public:
    explicit PasswordWork(const config::Config& config);

    /// A place for one request that hashes, until the result is destroyed. Throws ComeBackLater{503} when so many wait
    /// that one more had better come back.
    std::shared_ptr<void> enter();
    std::string hash(const Secret& password);
    bool verify(const std::string& hash, const Secret& password);

private:
    class Turn;
    const std::size_t at_once_;
    const std::size_t most_waiting_;
    std::mutex mutex_;
    std::condition_variable free_;
    std::size_t running_ = 0;
    std::size_t entered_ = 0;
};

}  // namespace virga::identity
