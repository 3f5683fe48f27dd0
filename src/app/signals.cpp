#include <signal.h>

#include <cerrno>

#include "app/commands.hpp"

namespace virga::app {
namespace {

sigset_t stop_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    return set;
}

}  // namespace

void block_stop_signals() {
    const auto set = stop_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
}

bool wait_for_stop_signal(std::chrono::seconds at_most) {
    const auto set = stop_signals();
    const timespec pause{at_most.count(), 0};
    int signal = -1;
    do {
        signal = sigtimedwait(&set, nullptr, &pause);
    } while (signal < 0 && errno == EINTR);
    return signal > 0;
}

}  // namespace virga::app
