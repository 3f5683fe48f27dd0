#include "http/waiters.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/log.hpp"

namespace virga::http {

Waiters::Waiters(std::size_t threads) : most_threads_(std::max<std::size_t>(threads, 2)) {}

Waiters::~Waiters() {
    stop();
}

bool Waiters::has_place(const Lane& lane, const std::string& account) {
    if (lane.queue.size() >= kMostQueued) return false;
    if (account.empty()) return true;
    const auto own =
        std::count_if(lane.queue.begin(), lane.queue.end(), [&](const Item& item) { return item.account == account; });
    return static_cast<std::size_t>(own) < kMostOfOne;
}

void Waiters::post(const std::string& on, const std::string& account, Work work) {
    {
        const std::lock_guard lock(mutex_);
        auto& lane = lanes_[on];
        if (!closing_ && has_place(lane, account)) {
            lane.queue.push_back({account, std::move(work), Clock::now()});
            work = nullptr;
            ++queued_;
            if (queued_ > idle_ && threads_.size() < most_threads_ && !add_thread() && threads_.empty()) {
                work = std::move(lane.queue.back().work);
                lane.queue.pop_back();
                --queued_;
            }
        }
    }
    if (work) return work(Turn::Refused);
    ready_.notify_one();
}

bool Waiters::may_run(const Lane& lane, const std::string& account) const {
    const auto most = most_threads_ / 2;
    if (lane.running >= most) return false;
    if (account.empty()) return true;
    const auto count = [&](const std::map<std::string, std::size_t>& counts) {
        const auto found = counts.find(account);
        return found == counts.end() ? 0 : found->second;
    };
    return most - lane.running > count(lane.running_of) && count(running_of_) < most;
}

/// The first one that may run.
Waiters::Queue::iterator Waiters::next_item(Lane& lane) const {
    return std::find_if(lane.queue.begin(), lane.queue.end(),
                        [&](const Item& item) { return may_run(lane, item.account); });
}

/// The next one after the last, in order of names, that has work that may run.
Waiters::Lanes::iterator Waiters::next_lane() {
    const auto has_work = [this](Lanes::value_type& item) { return next_item(item.second) != item.second.queue.end(); };
    const auto after = lanes_.upper_bound(last_);
    const auto found = std::find_if(after, lanes_.end(), has_work);
    if (found != lanes_.end()) return found;
    const auto wrapped = std::find_if(lanes_.begin(), after, has_work);
    return wrapped == after ? lanes_.end() : wrapped;
}

/// False: the system has none. Those that are there take the work in turn.
bool Waiters::add_thread() {
    try {
        threads_.emplace_back([this] { run(); });
        return true;
    } catch (const std::system_error& failure) {
        log::warning("no thread for requests that wait for a host", {{"error", std::string(failure.what())}});
        return false;
    }
}

void Waiters::begin(Lane& lane, const std::string& account) {
    ++lane.running;
    ++lane.running_of[account];
    ++running_of_[account];
}

void Waiters::end(Lanes::iterator lane, const std::string& account) {
    const auto take = [&](std::map<std::string, std::size_t>& counts) {
        if (--counts[account] == 0) counts.erase(account);
    };
    take(lane->second.running_of);
    take(running_of_);
    if (--lane->second.running == 0 && lane->second.queue.empty()) lanes_.erase(lane);
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
        const auto next = next_item(lane->second);
        auto item = std::move(*next);
        lane->second.queue.erase(next);
        --queued_;
        begin(lane->second, item.account);
        lock.unlock();
        item.work(Clock::now() - item.since > kLongestWait ? Turn::Refused : Turn::Run);
        item.work = nullptr;
        lock.lock();
        end(lane, item.account);
        // Others may sleep because this lane or this account had no place.
        ready_.notify_all();
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
