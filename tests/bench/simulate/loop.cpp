#include "bench/simulate/loop.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace virga::simulate {
namespace {

constexpr std::size_t kEventsAtOnce = 512;
constexpr std::int64_t kLongestWait_ms = 1'000;

}  // namespace

Loop::Loop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (epoll_ < 0) throw_errno(ErrorCode::Internal, "epoll", errno);
}

Loop::~Loop() {
    ::close(epoll_);
}

void Loop::watch(int fd, std::uint32_t events, Handler& handler) {
    const auto place = static_cast<std::size_t>(fd);
    if (handlers_.size() <= place) handlers_.resize(place + 1);
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    const int change = handlers_[place] == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    handlers_[place] = &handler;
    if (::epoll_ctl(epoll_, change, fd, &event) != 0) throw_errno(ErrorCode::Internal, "epoll_ctl", errno);
}

void Loop::forget(int fd) {
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
    handlers_[static_cast<std::size_t>(fd)] = nullptr;
}

void Loop::after(std::int64_t us, std::function<void()> work) {
    timers_.push({monotonic_us() + us, ++made_, std::move(work)});
}

void Loop::run() {
    std::array<epoll_event, kEventsAtOnce> events;
    while (!stopping_) {
        const int found = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms());
        for (int i = 0; i < found; ++i) {
            auto* const handler = handlers_[static_cast<std::size_t>(events[static_cast<std::size_t>(i)].data.fd)];
            if (handler != nullptr) (*handler)(events[static_cast<std::size_t>(i)].events);
        }
        run_timers();
    }
}

void Loop::run_timers() {
    const auto now = monotonic_us();
    while (!timers_.empty() && timers_.top().at_us <= now) {
        const auto work = timers_.top().work;
        timers_.pop();
        work();
    }
}

int Loop::wait_ms() const {
    if (timers_.empty()) return static_cast<int>(kLongestWait_ms);
    const auto left_us = std::max<std::int64_t>(0, timers_.top().at_us - monotonic_us());
    return static_cast<int>(std::min(kLongestWait_ms, (left_us + 999) / 1'000));
}

}  // namespace virga::simulate
