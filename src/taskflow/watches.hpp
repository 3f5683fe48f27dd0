#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "taskflow/runner.hpp"

namespace virga::taskflow {

/// Who follows which resource, here and in other processes that share the database.
class Watches {
public:
    using Clock = std::chrono::steady_clock;
    /// How long a process that said that it follows a resource is told of it; it says so again in time.
    static constexpr std::chrono::seconds kFollowed{15};

    struct Others {
        std::function<void(const std::string& resource)> follow;
        std::function<void(const std::string& resource)> changed;
    };
    /// From now on they are told. Neither function may wait. Call it before anybody follows anything.
    void tell_others(Others others) { others_ = std::move(others); }

    std::unique_ptr<Watch> watch(const std::string& resource);
    /// False: nobody follows anything, so that nothing needs to be told.
    bool any() const { return count_ > 0; }
    void changed(const std::vector<std::string>& resources);
    void all_changed();
    void end();

    /// Another process wants to know of the resource. What it may have missed until now is told to it.
    void followed_elsewhere(const std::string& resource);
    void changed_elsewhere(const std::string& resource);
    /// Tells the others what is followed here.
    void follow_again();

private:
    class Follower;

    bool mark(const std::string& resource);

    Others others_;
    std::atomic<std::size_t> count_{0};  ///< of both below
    std::mutex mutex_;
    std::condition_variable told_;
    bool ended_ = false;
    std::unordered_multimap<std::string, Follower*> followers_;
    std::unordered_map<std::string, Clock::time_point> elsewhere_;  ///< until when
};

}  // namespace virga::taskflow
