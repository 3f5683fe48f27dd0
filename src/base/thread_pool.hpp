#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace virga {

/// Threads that run posted functions in order of posting. A function that throws ends the program: catch inside.
class ThreadPool {
public:
    ThreadPool(std::string name, std::size_t threads);
    /// Runs what is queued, then joins.
    ~ThreadPool();
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;

    void post(std::function<void()> work);
    /// Drops what is queued, waits for what is running. Later posts are ignored.
    void stop();

private:
    void run();
    void join();

    std::string name_;
    std::mutex mutex_;
    std::condition_variable ready_;
    std::deque<std::function<void()>> queue_;
    bool closing_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace virga
