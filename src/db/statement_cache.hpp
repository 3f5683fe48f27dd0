#pragma once
#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "db/database.hpp"

namespace virga::db {

/// Statements that stay prepared, those used last first, within a number and a number of bytes: their text may come
/// from what users ask for. `Prepared` ends its statement when it is destroyed.
template <class Prepared>
class StatementCache {
public:
    /// nullptr when there is none.
    Prepared* find(std::string_view key) {
        const auto found = index_.find(key);
        if (found == index_.end()) return nullptr;
        entries_.splice(entries_.begin(), entries_, found->second);
        return found->second->prepared.get();
    }

    Prepared& add(std::string key, std::unique_ptr<Prepared> prepared) {
        constexpr std::size_t kMostStatements = 400;
        constexpr std::size_t kMostBytes = 2U << 20U;
        const auto size = prepared->bytes() + key.size();
        entries_.push_front({std::move(key), std::move(prepared), size});
        index_.emplace(entries_.front().key, entries_.begin());
        bytes_ += size;
        while (entries_.size() > 1 && (entries_.size() > kMostStatements || bytes_ > kMostBytes)) drop_last();
        return *entries_.front().prepared;
    }

    void clear() {
        index_.clear();
        entries_.clear();
        bytes_ = 0;
    }

    std::size_t count() const { return entries_.size(); }
    std::size_t bytes() const { return bytes_; }

private:
    struct Entry {
        std::string key;
        std::unique_ptr<Prepared> prepared;
        std::size_t bytes;
    };

    void drop_last() {
        bytes_ -= entries_.back().bytes;
        index_.erase(entries_.back().key);
        entries_.pop_back();
    }

    std::list<Entry> entries_;
    std::unordered_map<std::string_view, typename std::list<Entry>::iterator> index_;  ///< views into the entries' keys
    std::size_t bytes_ = 0;
};

}  // namespace virga::db
