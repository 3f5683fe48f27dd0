#pragma once
#include <map>
#include <string>
#include <vector>

#include "rpc/rpc.hpp"

/// Where a new volume goes: the filters and the weight of the volume scheduler.
namespace virga::volume {

struct Backend {
    std::string host;
    std::string name;
    std::string driver;
    std::string zone;
    std::int64_t total_gib = 0;  ///< 0: unknown, no bound
    std::int64_t free_gib = 0;
    bool host_local = true;
    std::string backend_name;                   ///< what volume_backend_name of a type asks for; empty: `name`
    double max_over_subscription_ratio = 20.0;  ///< how many times its size sparse volumes may promise
    std::int64_t reserved_percentage = 0;       ///< of the size, which new volumes leave free
    bool up = true;                             ///< false: its storage can't be reached now, or its host doesn't answer
    bool exports = false;                       ///< host_local, but other hosts reach its volumes over the network
    bool enabled = true;                        ///< false: an operator lets it take no new volumes

    const std::string& pool() const { return backend_name.empty() ? name : backend_name; }
    /// "host@backend#backend": how Cinder's API writes it.
    std::string label() const { return host + "@" + name + "#" + name; }
};

/// GiB of new volumes that may still be promised: what is free beyond the reserved part, and what over-subscription
/// leaves beside the volumes that there are, whichever is less. Cinder: CapacityFilter with thin provisioning.
std::int64_t room_gib(const Backend& backend, std::int64_t provisioned_gib);

/// Backends of the hosts that are connected, from their reports.
std::vector<Backend> backends_of(const std::vector<rpc::HostState>& hosts);

struct PlacementRequest {
    std::int64_t size_gib = 0;
    std::string zone;
    std::string host;          ///< must be this one; empty: any
    std::string backend;       ///< must be this one; empty: any
    std::string backend_name;  ///< extra spec volume_backend_name of the type; empty: any
    json::object type_specs;   ///< extra specs of the type; storage_protocol and vendor_name must be the backend's
};

struct Placement {
    Backend backend;
    std::string reason;  ///< why this one, for the trace
};

inline constexpr const char* kVendor = "Virga";

/// The enabled backend with the most free space beyond its reserved part among those that are up, fit and have room
/// (room_gib). `provisioned_gib`: sum of volume sizes by "host@backend". Throws Error{Unavailable} (worth another try)
/// when no fitting host is connected, Error{Conflict} when those that are are disabled, Error{NoSpace} when they have
/// no room, Error{NotSupported} when none of them is what the type's extra specs ask for.
Placement choose_backend(const std::vector<Backend>& backends, const PlacementRequest& request,
                         const std::map<std::string, std::int64_t>& provisioned_gib);

/// Whether a backend is what the extra specs of a volume type ask for: volume_backend_name, storage_protocol and
/// vendor_name.
bool fits_specs(const Backend& backend, const json::object& type_specs);

/// Zones of the hosts, always with the default one, "nova".
std::vector<std::string> zones_of(const std::vector<rpc::HostState>& hosts);
inline constexpr const char* kDefaultZone = "nova";

}  // namespace virga::volume
