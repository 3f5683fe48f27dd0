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
        accounts_[std::move(account)].queue.push_back({turns_++, std::move(id), std::move(work)});
    }
    ready_.notify_one();
}

bool FairPool::take_out(const std::string& id) {
    const std::lock_guard lock(mutex_);
    for (auto account = accounts_.begin(); account != accounts_.end(); ++account) {
        auto& [queue, running] = account->second;
        if (std::erase_if(queue, [&](const Item& item) { return item.id == id; }) == 0) continue;
        if (queue.empty() && running == 0) accounts_.erase(account);
        return true;
    }
    return false;
}

void FairPool::stop() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
        for (auto& [name, account] : accounts_) account.queue.clear();
    }
    ready_.notify_all();
    for (auto& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
}

bool FairPool::may_run(const Accounts::value_type& account) const {
    return account.first.empty() || most_ - running_ > account.second.running;
}

/// The account whose work waits longest of those that may have another thread.
FairPool::Accounts::iterator FairPool::next() {
    auto first = accounts_.end();
    for (auto account = accounts_.begin(); account != accounts_.end(); ++account) {
        if (account->second.queue.empty() || !may_run(*account)) continue;
        if (first == accounts_.end() || account->second.queue.front().turn < first->second.queue.front().turn)
            first = account;
    }
    return first;
}

FairPool::Item FairPool::take(Accounts::iterator account) {
    auto item = std::move(account->second.queue.front());
    account->second.queue.pop_front();
    ++account->second.running;
    ++running_;
    return item;
}

void FairPool::end(Accounts::iterator account) {
    --running_;
    if (--account->second.running == 0 && account->second.queue.empty()) accounts_.erase(account);
}

void FairPool::run() {
    pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
    std::unique_lock lock(mutex_);
    while (!closing_) {
        const auto account = next();
        if (account == accounts_.end()) {
            ready_.wait(lock);
            continue;
        }
        auto item = take(account);
        // What ended may have made room for two: each thread that begins something calls the one for the next.
        if (next() != accounts_.end()) ready_.notify_one();
        lock.unlock();
        item.work();
        item.work = nullptr;
        lock.lock();
        end(account);
    }
}

}  // namespace virga
