#pragma once
#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

namespace virga::identity {

/// Values by key, at most so many: the one that was put longest ago makes room.
template <typename Value>
class LatestMap {
public:
    explicit LatestMap(std::size_t most) : most_(most) {}

    /// Lives until the next change; nullptr when there is none.
    const Value* find(const std::string& key) const {
        const auto found = by_key_.find(key);
        return found == by_key_.end() ? nullptr : &found->second->second;
    }

    /// In place of what is there; it is the latest now.
    void put(const std::string& key, Value value) {
        forget(key);
        if (entries_.size() >= most_) forget_oldest();
        entries_.emplace_front(key, std::move(value));
        by_key_[key] = entries_.begin();
    }

    void forget(const std::string& key) {
        const auto found = by_key_.find(key);
        if (found == by_key_.end()) return;
        entries_.erase(found->second);
        by_key_.erase(found);
    }

    /// Of a map that isn't empty.
    const std::string& oldest() const { return entries_.back().first; }
    void forget_oldest() { forget(std::string(oldest())); }

    std::size_t size() const { return entries_.size(); }

private:
    using Entry = std::pair<std::string, Value>;
    std::size_t most_;
    std::list<Entry> entries_;  ///< the latest first
    std::unordered_map<std::string, typename std::list<Entry>::iterator> by_key_;
};

}  // namespace virga::identity
