#include "base/thread_pool.hpp"

#include <pthread.h>

namespace virga {

ThreadPool::ThreadPool(std::string name, std::size_t threads) : name_(std::move(name)) {
    threads_.reserve(threads);
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

ThreadPool::~ThreadPool() {
    join();
}

void ThreadPool::post(std::function<void()> work) {
    {
        const std::lock_guard lock(mutex_);
        if (closing_) return;
        queue_.push_back(std::move(work));
    }
    ready_.notify_one();
}

void ThreadPool::stop() {
    {
        const std::lock_guard lock(mutex_);
        queue_.clear();
    }
    join();
}

void ThreadPool::join() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    ready_.notify_all();
    for (auto& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
}

void ThreadPool::run() {
    pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
    for (;;) {
        std::function<void()> work;
        {
            std::unique_lock lock(mutex_);
            ready_.wait(lock, [this] { return closing_ || !queue_.empty(); });
            if (queue_.empty()) return;
            work = std::move(queue_.front());
            queue_.pop_front();
        }
        work();
    }
}

}  // namespace virga
