#include "compute/virt/libvirt/event_loop.hpp"

#include <libvirt/libvirt.h>

#include <atomic>
#include <thread>

#include "compute/virt/libvirt/failure.hpp"

namespace virga::compute::virt::libvirt {
namespace {

void nothing(int, void*) {}

class EventLoop {
public:
    EventLoop() {
        check(virEventRegisterDefaultImpl(), "register libvirt's event loop");
        thread_ = std::thread([this] {
            while (!ending_) virEventRunDefaultImpl();
        });
    }
    ~EventLoop() {
        ending_ = true;
        virEventAddTimeout(0, nothing, nullptr, nullptr);  // wakes the loop
        thread_.join();
    }
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

private:
    std::atomic<bool> ending_{false};
    std::thread thread_;
};

}  // namespace

void ensure_event_loop() {
    static const EventLoop loop;
}

}  // namespace virga::compute::virt::libvirt
