#pragma once
#include <atomic>
#include <cstdint>

namespace virga::http {

/// Bytes that all connections together may keep in memory.
class ByteBudget {
public:
    explicit ByteBudget(std::uint64_t most) : most_(most) {}

    bool take(std::uint64_t bytes) {
        if (taken_.fetch_add(bytes) + bytes <= most_) return true;
        taken_ -= bytes;
        return false;
    }
    void give_back(std::uint64_t bytes) { taken_ -= bytes; }

private:
    const std::uint64_t most_;
    std::atomic<std::uint64_t> taken_{0};
};

/// What one connection has taken of a budget.
class BudgetShare {
public:
    explicit BudgetShare(ByteBudget& budget) : budget_(budget) {}
    ~BudgetShare() { clear(); }
    BudgetShare(const BudgetShare&) = delete;
    BudgetShare& operator=(const BudgetShare&) = delete;

    bool grow(std::uint64_t bytes) {
        if (!budget_.take(bytes)) return false;
        taken_ += bytes;
        return true;
    }
    void clear() {
        budget_.give_back(taken_);
        taken_ = 0;
    }

private:
    ByteBudget& budget_;
    std::uint64_t taken_ = 0;
};

}  // namespace virga::http
