#include "compute/host/capacity.hpp"

#include <sys/statvfs.h>
#include <unistd.h>

#include <thread>

#include "compute/host/settings.hpp"

namespace virga::compute::host {
namespace {

constexpr std::int64_t kGiB = 1024LL * 1024 * 1024;
constexpr std::int64_t kMiB = 1024 * 1024;
constexpr Capacity kFake{1'000'000, 4'000'000'000, 100'000'000, 100'000'000};

Capacity found(const std::string& folder) {
    Capacity result;
    result.vcpus = std::thread::hardware_concurrency();
    result.memory_mib = static_cast<std::int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE) / kMiB;
    struct statvfs disk {};
    if (::statvfs(folder.c_str(), &disk) == 0) {
        const auto block = static_cast<std::int64_t>(disk.f_frsize);
        result.disk_gib = static_cast<std::int64_t>(disk.f_blocks) * block / kGiB;
        result.free_disk_gib = static_cast<std::int64_t>(disk.f_bavail) * block / kGiB;
    }
    return result;
}

void override_with(std::int64_t& value, std::int64_t setting) {
    if (setting > 0) value = setting;
}

}  // namespace

Capacity capacity(const config::Config& config, bool fake, const std::string& folder) {
    auto result = fake ? kFake : found(folder);
    override_with(result.vcpus, config.get(setting::vcpus));
    override_with(result.memory_mib, config.get(setting::memory_mib));
    override_with(result.disk_gib, config.get(setting::disk_gib));
    return result;
}

}  // namespace virga::compute::host
