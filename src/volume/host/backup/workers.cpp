#include "volume/host/backup/workers.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "base/log.hpp"

namespace virga::volume::host::backup {

std::size_t worker_count() {
    constexpr std::size_t kMost = 8;
    return std::min<std::size_t>(std::thread::hardware_concurrency() + 1, kMost);
}

void run_workers(std::size_t count, const std::function<void(const std::atomic<bool>& stop)>& work) {
    std::atomic<bool> stop{false};
    std::mutex mutex;
    std::exception_ptr failure;
    const auto run = [&] {
        try {
            work(stop);
        } catch (const std::exception&) {
            const std::lock_guard lock(mutex);
            if (!failure) failure = std::current_exception();
            stop = true;
        }
    };
    std::vector<std::thread> threads;
    try {
        for (std::size_t i = 1; i < count; ++i) threads.emplace_back(run);
    } catch (const std::system_error& problem) {  // fewer do it as well
        log::warning("not as many threads as wanted",
                     {{"threads", threads.size() + 1}, {"wanted", count}, {"error", std::string(problem.what())}});
    }
    run();
    for (auto& thread : threads) thread.join();
    if (failure) std::rethrow_exception(failure);
}

}  // namespace virga::volume::host::backup
