#include "compute/model/claim.hpp"

#include <array>
#include <utility>

#include "base/error.hpp"

namespace virga::compute {
namespace {

constexpr std::array<std::pair<ClaimRole, std::string_view>, 3> kRoles{
    {{ClaimRole::Current, "current"}, {ClaimRole::Incoming, "incoming"}, {ClaimRole::Outgoing, "outgoing"}}};

std::int64_t gib_of_mib(std::int64_t mib) {
    constexpr std::int64_t kMibPerGib = 1024;
    return (mib + kMibPerGib - 1) / kMibPerGib;
}

}  // namespace

std::string to_string(const Amounts& amounts) {
    return std::to_string(amounts.vcpus) + " VCPUs, " + std::to_string(amounts.memory_mib) + " MiB RAM, " +
           std::to_string(amounts.disk_gib) + " GiB disk";
}

std::string_view to_string(ClaimRole role) {
    for (const auto& [known, text] : kRoles) {
        if (known == role) return text;
    }
    throw Error(ErrorCode::Internal, "no such role of a claim");
}

ClaimRole claim_role_of(std::string_view text) {
    for (const auto& [role, known] : kRoles) {
        if (known == text) return role;
    }
    throw Error(ErrorCode::Corrupt, "a stored claim has an unknown role", std::string(text));
}

std::int64_t local_disk_gib(const Flavor& flavor, const std::vector<BlockDevice>& devices) {
    std::int64_t total = 0;
    for (const auto& device : devices) {
        if (device.no_device) continue;
        if (device.is_local_root()) total += flavor.root_gib;
        if (device.is_swap()) total += gib_of_mib(device.volume_size.value_or(flavor.swap_mib));
        if (device.is_ephemeral()) total += device.volume_size.value_or(flavor.ephemeral_gib);
    }
    return total;
}

Amounts amounts_of(const Server& server) {
    return {server.flavor.vcpus, server.flavor.memory_mib, server.disk_gib};
}

}  // namespace virga::compute
