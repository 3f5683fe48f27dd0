#include "db/pool.hpp"

#include "base/error.hpp"

namespace virga::db {

std::unique_ptr<Connection> Pool::take() {
    {
        std::unique_lock lock(mutex_);
        const auto is_free = [this] { return used_ < limits_.open; };
        if (limits_.wait.count() == 0) {
            changed_.wait(lock, is_free);
        } else if (!changed_.wait_for(lock, limits_.wait, is_free)) {
            throw Error(ErrorCode::Unavailable, "The database has too much to do. Try again later.",
                        "all connections are in use; see the setting database.connections");
        }
        ++used_;
        if (!idle_.empty()) {
            auto connection = std::move(idle_.back());
            idle_.pop_back();
            return connection;
        }
    }
    try {
        return connect_();
    } catch (...) {
        give_back(nullptr);
        throw;
    }
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
    {
        const std::lock_guard lock(mutex_);
        --used_;
        if (connection && idle_.size() < limits_.kept) idle_.push_back(std::move(connection));
    }
    changed_.notify_one();
}

}  // namespace virga::db
