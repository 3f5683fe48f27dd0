#include "image/upload/background_hasher.hpp"

namespace virga::image {

BackgroundHasher::BackgroundHasher(std::size_t buffers, std::size_t buffer_bytes) : buffers_(buffers) {
    for (auto& buffer : buffers_) {
        buffer.data.resize(buffer_bytes);
        free_.push_back(&buffer);
    }
    thread_ = std::thread([this] { run(); });
}

BackgroundHasher::~BackgroundHasher() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

BackgroundHasher::Buffer* BackgroundHasher::acquire() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !free_.empty(); });
    auto* buffer = free_.front();
    free_.pop_front();
    buffer->used = 0;
    return buffer;
}

void BackgroundHasher::submit(Buffer* buffer) {
    {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(buffer);
    }
    changed_.notify_all();
}

std::string BackgroundHasher::finish() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    changed_.notify_all();
    thread_.join();
    return hasher_.finish();
}

void BackgroundHasher::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [&] { return closing_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        auto* buffer = waiting_.front();
        waiting_.pop_front();
        lock.unlock();
        hasher_.update(buffer->view());
        lock.lock();
        free_.push_back(buffer);
        changed_.notify_all();
    }
}

}  // namespace virga::image
