#pragma once
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "taskflow/runner.hpp"

namespace virga::taskflow {

/// Who follows which resource.
class Watches {
public:
    std::unique_ptr<Watch> watch(const std::string& resource);
    /// False: nobody follows anything, so that nothing needs to be told.
    bool any() const { return count_ > 0; }
    void changed(const std::vector<std::string>& resources);
    void all_changed();
    void end();

private:
    class Follower;

    std::atomic<std::size_t> count_{0};
    std::mutex mutex_;
    std::condition_variable told_;
    bool ended_ = false;
    std::unordered_multimap<std::string, Follower*> followers_;
};

}  // namespace virga::taskflow
