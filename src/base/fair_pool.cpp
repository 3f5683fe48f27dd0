#include "base/fair_pool.hpp"

#include <pthread.h>

#include <algorithm>

namespace virga {

FairPool::FairPool(std::string name, std::size_t threads)
    : name_(std::move(name)), most_(std::max<std::size_t>(threads, 1)) {
    threads_.reserve(most_);
    for (std::size_t i = 0; i < most_; ++i) threads_.emplace_back([this] { run(); });
}

FairPool::~FairPool() {
    stop();
}

void FairPool::post(std::string account, std::string id, std::function<void()> work) {
    {
        const std::lock_guard lock(mutex_);
        if (closing_) return;
        queue_.push_back({std::move(account), std::move(id), std::move(work)});
    }
    ready_.notify_one();
}

bool FairPool::take_out(const std::string& id) {
    const std::lock_guard lock(mutex_);
    return std::erase_if(queue_, [&](const Item& item) { return item.id == id; }) > 0;
}

void FairPool::stop() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
        queue_.clear();
    }
    ready_.notify_all();
    for (auto& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
}

bool FairPool::may_run(const std::string& account) const {
    if (account.empty()) return true;
    const auto own = running_of_.find(account);
    return most_ - running_ > (own == running_of_.end() ? 0 : own->second);
}

void FairPool::begin(const std::string& account) {
    ++running_;
    ++running_of_[account];
}

void FairPool::end(const std::string& account) {
    --running_;
    const auto own = running_of_.find(account);
    if (--own->second == 0) running_of_.erase(own);
}

void FairPool::run() {
    pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
    std::unique_lock lock(mutex_);
    while (!closing_) {
        const auto next =
            std::find_if(queue_.begin(), queue_.end(), [this](const Item& item) { return may_run(item.account); });
        if (next == queue_.end()) {
            ready_.wait(lock);
            continue;
        }
        auto item = std::move(*next);
        queue_.erase(next);
        begin(item.account);
        lock.unlock();
        item.work();
        item.work = nullptr;
        lock.lock();
        end(item.account);
        ready_.notify_all();  // others may sleep because this account had its share
    }
}

}  // namespace virga
