#pragma once
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

namespace virga::simulate {

/// Descriptors and timers of one thread.
class Loop {
public:
    /// Called with what epoll says of a descriptor.
    using Handler = std::function<void(std::uint32_t events)>;

    Loop();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// `handler` must outlive the watch; the same descriptor once more changes what it is watched for.
    void watch(int fd, std::uint32_t events, Handler& handler);
    void forget(int fd);
    void after(std::int64_t us, std::function<void()> work);
    /// Until stop().
    void run();
    void stop() { stopping_ = true; }

private:
    struct Timer {
        std::int64_t at_us;
        std::uint64_t number;  ///< those of one moment run in their order
        std::function<void()> work;
        bool operator<(const Timer& other) const {
            return at_us != other.at_us ? at_us > other.at_us : number > other.number;
        }
    };
    void run_timers();
    int wait_ms() const;

    int epoll_;
    bool stopping_ = false;
    std::uint64_t made_ = 0;
    std::priority_queue<Timer> timers_;
    std::vector<Handler*> handlers_;  ///< by descriptor; null when it isn't watched any more
};

}  // namespace virga::simulate
