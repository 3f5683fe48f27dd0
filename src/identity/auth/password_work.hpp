#pragma once
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>

#include "base/secret.hpp"
#include "config/config.hpp"

namespace virga::identity {

/// All hashing of passwords: so many at once, which bounds its memory and its share of the machine, and so many that
/// wait for their turn. Throws ComeBackLater{503} when more come.
class PasswordWork {
public:
    explicit PasswordWork(const config::Config& config);

    std::string hash(const Secret& password);
    bool verify(const std::string& hash, const Secret& password);

private:
    class Turn;
    const std::size_t at_once_;
    const std::size_t most_waiting_;
    std::mutex mutex_;
    std::condition_variable free_;
    std::size_t running_ = 0;
    std::size_t waiting_ = 0;
};

}  // namespace virga::identity
