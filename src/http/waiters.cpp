#include "http/waiters.hpp"

#include <algorithm>
#include <utility>

namespace virga::http {

Waiters::Waiters(std::size_t threads) : most_threads_(std::max<std::size_t>(threads, 2)) {}

Waiters::~Waiters() {
    stop();
}

void Waiters::post(const std::string& on, Work work) {
    {
        const std::lock_guard lock(mutex_);
        auto& lane = lanes_[on];
        if (!closing_ && lane.queue.size() < kMostQueued) {
            lane.queue.push_back({std::move(work), Clock::now()});
            work = nullptr;
            ++queued_;
            if (queued_ > idle_ && threads_.size() < most_threads_) threads_.emplace_back([this] { run(); });
        }
    }
    if (work) return work(Turn::Refused);
    ready_.notify_one();
}

/// The next one after the last, in order of names, that has work and may run.
Waiters::Lanes::iterator Waiters::next_lane() {
    const auto may_run = [this](const Lanes::value_type& item) {
        return !item.second.queue.empty() && item.second.running < most_threads_ / 2;
    };
    const auto after = lanes_.upper_bound(last_);
    const auto found = std::find_if(after, lanes_.end(), may_run);
    if (found != lanes_.end()) return found;
    const auto wrapped = std::find_if(lanes_.begin(), after, may_run);
    return wrapped == after ? lanes_.end() : wrapped;
}

void Waiters::run() {
    std::unique_lock lock(mutex_);
    while (!closing_) {
        const auto lane = next_lane();
        if (lane == lanes_.end()) {
            ++idle_;
            ready_.wait(lock);
            --idle_;
            continue;
        }
        last_ = lane->first;
        auto item = std::move(lane->second.queue.front());
        lane->second.queue.pop_front();
        --queued_;
        ++lane->second.running;
        lock.unlock();
        item.work(Clock::now() - item.since > kLongestWait ? Turn::Refused : Turn::Run);
        item.work = nullptr;
        lock.lock();
        // Another thread may sleep because this lane was full.
        if (--lane->second.running == 0 && lane->second.queue.empty()) lanes_.erase(lane);
        ready_.notify_one();
    }
}

void Waiters::stop() {
    std::vector<Work> refused;
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
        for (auto& [name, lane] : lanes_) {
            for (auto& item : lane.queue) refused.push_back(std::move(item.work));
            lane.queue.clear();
        }
    }
    ready_.notify_all();
    for (const auto& work : refused) work(Turn::Refused);
    for (auto& thread : threads_) thread.join();
    threads_.clear();
}

}  // namespace virga::http
