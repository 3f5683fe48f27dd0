#pragma once
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>

namespace virga::compute::host {

/// One holder per name at a time; names nobody holds cost nothing.
class NamedLocks {
public:
    class Guard {
    public:
        Guard(NamedLocks& locks, std::string name) : locks_(locks), name_(std::move(name)) { locks_.take(name_); }
        ~Guard() { locks_.give(name_); }
        Guard(const Guard&) = delete;
        Guard& operator=(const Guard&) = delete;

    private:
        NamedLocks& locks_;
        std::string name_;
    };

private:
    void take(const std::string& name) {
        std::unique_lock lock(mutex_);
        free_.wait(lock, [&] { return !held_.contains(name); });
        held_.insert(name);
    }
    void give(const std::string& name) {
        const std::lock_guard lock(mutex_);
        held_.erase(name);
        free_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable free_;
    std::set<std::string> held_;
};

}  // namespace virga::compute::host
