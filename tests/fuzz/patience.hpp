#pragma once
#include <poll.h>

#include <cerrno>

namespace virga::fuzz {

inline constexpr int kPatience_ms = 60'000;

/// Whether there is something to read, the end counted, before patience ends. The fuzzer's own timer interrupts.
inline bool becomes_readable(int fd) {
    for (;;) {
        pollfd waited{fd, POLLIN, 0};
        const int ready = ::poll(&waited, 1, kPatience_ms);
        if (ready < 0 && errno == EINTR) continue;
        return ready > 0;
    }
}

}  // namespace virga::fuzz
