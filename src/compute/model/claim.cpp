#include "compute/model/claim.hpp"

#include <array>
#include <utility>

#include "base/error.hpp"

namespace virga::compute {
namespace {

constexpr std::array<std::pair<ClaimRole, std::string_view>, 3> kRoles{
    {{ClaimRole::Current, "current"}, {ClaimRole::Incoming, "incoming"}, {ClaimRole::Outgoing, "outgoing"}}};

Gib local_size(const Flavor& flavor, const BlockDevice& device) {
    if (device.is<LocalImage>()) return {flavor.root_gib};
    if (const auto* swap = std::get_if<SwapDisk>(&device.kind))
        return to_gib(swap->size.value_or(Mib{flavor.swap_mib}));
    if (const auto* disk = std::get_if<EphemeralDisk>(&device.kind)) {
        return disk->size.value_or(Gib{flavor.ephemeral_gib});
    }
    return {};
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
    for (const auto& device : devices) total += local_size(flavor, device).count;
    return total;
}

Amounts amounts_of(const Server& server) {
    return {server.flavor.vcpus, server.flavor.memory_mib, server.disk_gib};
}

}  // namespace virga::compute
