#pragma once
#include <libvirt/libvirt.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>

namespace virga::compute::virt::libvirt {

/// Guests that stand still because a request to one of their disks failed: the emulator keeps the request, and makes it
/// again when the guest goes on. Each is let go on after a moment, and again for as long as it stalls: so a disk that
/// is away fails nothing, and the guest goes on when it is back. Thread-safe.
class StalledGuests {
public:
    /// `let_go_on` is called on a thread of this object; when it throws Error, it is called again.
    explicit StalledGuests(std::function<void(const std::string& server_id)> let_go_on)
        : let_go_on_(std::move(let_go_on)) {}
    ~StalledGuests() { stop(); }
    StalledGuests(const StalledGuests&) = delete;
    StalledGuests& operator=(const StalledGuests&) = delete;

    void start();
    void stop();
    void add(const std::string& server_id);

private:
    void run();

    const std::function<void(const std::string& server_id)> let_go_on_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::set<std::string> stalled_;
    bool stopping_ = false;
    std::thread thread_;
};

/// Whether the guest stands still for that reason.
bool is_stalled(virDomainPtr domain);

}  // namespace virga::compute::virt::libvirt
