#pragma once
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "db/connection.hpp"

namespace virga::db {

/// Connections that are handed out to one transaction each.
class Pool {
public:
    struct Limits {
        std::size_t open;                ///< at the same time; who wants one more waits
        std::size_t kept;                ///< open ones that nobody uses
        std::chrono::milliseconds wait;  ///< for a connection; then Error{Unavailable}. Zero: without end
    };
    using Connect = std::function<std::unique_ptr<Connection>()>;

    Pool(Connect connect, Limits limits) : connect_(std::move(connect)), limits_(limits) {}

    std::unique_ptr<Connection> take();
    /// Null when it is good for nothing any more.
    void give_back(std::unique_ptr<Connection> connection);

private:
    Connect connect_;
    Limits limits_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t used_ = 0;
    std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace virga::db
