#include "conformance/virt/restart_child.hpp"

#include <unistd.h>

#include <cstdio>
#include <exception>

#include "base/clock.hpp"
#include "compute/virt/registry.hpp"
#include "conformance/virt/guests.hpp"

namespace virga::test {
namespace {

using namespace compute::virt;

void act(Driver& driver, const std::string& what, const std::string& id, const std::string& disk) {
    if (what == "spawn") driver.spawn(guest_spec(id), {{disk, disk::Format::Raw, ""}}, disk + ".console");
    if (what == "destroy") driver.destroy(id);
    for (const auto& guest : driver.list()) std::printf("%s %d\n", guest.server_id.c_str(), guest.power_state);
}

}  // namespace

int restart_child(int argc, char** argv) {
    if (argc != 7) return 2;
    config::Config config;
    config.set("compute.driver", argv[2]);
    try {
        const auto driver = wanted_driver(config).make(config, argv[3]);
        const auto started = monotonic_us();
        driver->start({});
        std::printf("start_us %lld\n", static_cast<long long>(monotonic_us() - started));
        act(*driver, argv[4], argv[5], argv[6]);
    } catch (const std::exception& failure) {
        std::printf("error %s\n", failure.what());
    }
    std::fflush(stdout);
    std::_Exit(0);  // as abruptly as a kill, but for the output
}

}  // namespace virga::test
