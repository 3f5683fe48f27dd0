#include "compute/host/periodic.hpp"

namespace virga::compute::host {

void Periodic::start(std::chrono::seconds interval, std::function<void()> work) {
    ending_ = false;
    thread_ = std::thread([this, interval, work = std::move(work)] {
        std::unique_lock lock(mutex_);
        while (!wake_.wait_for(lock, interval, [&] { return ending_; })) {
            lock.unlock();
            work();
            lock.lock();
        }
    });
}

void Periodic::stop() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

}  // namespace virga::compute::host
