#include "volume/model/placement.hpp"

#include <algorithm>
#include <limits>
#include <set>

namespace virga::volume {
namespace {

std::string zone_of(const rpc::HostState& host) {
    const auto zone = get_string(host.report, "zone");
    return zone.empty() ? kDefaultZone : zone;
}

Backend backend_of(const rpc::HostState& host, const json::object& report) {
    return {host.name,
            get_string(report, "name"),
            get_string(report, "driver"),
            zone_of(host),
            get_int(report, "total_gib"),
            get_int(report, "free_gib"),
            get_bool(report, "host_local", true),
            get_string(report, "backend_name"),
            get_double(report, "max_over_subscription_ratio", Backend{}.max_over_subscription_ratio),
            get_int(report, "reserved_percentage"),
            get_bool(report, "up", true) && host.answers,
            get_bool(report, "exports")};
}

bool is_wanted(const Backend& backend, const PlacementRequest& request) {
    return backend.up && (request.host.empty() || backend.host == request.host) &&
           (request.backend.empty() || backend.name == request.backend) &&
           (request.backend_name.empty() || backend.pool() == request.backend_name) &&
           (request.zone.empty() || backend.zone == request.zone);
}

/// The value of a type's extra spec, with or without Cinder's scope for it; empty: not asked for.
std::string wanted_capability(const json::object& type_specs, const std::string& name) {
    const auto scoped = get_string(type_specs, "capabilities:" + name);
    return scoped.empty() ? get_string(type_specs, name) : scoped;
}

std::int64_t provisioned(const std::map<std::string, std::int64_t>& sums, const Backend& backend) {
    const auto found = sums.find(backend.host + "@" + backend.name);
    return found == sums.end() ? 0 : found->second;
}

std::int64_t usable_gib(const Backend& backend) {
    return backend.free_gib - backend.total_gib * backend.reserved_percentage / 100;
}

/// For the log: members read the text, and don't see hosts.
std::string wanted_detail(const PlacementRequest& request) {
    return request.host.empty() ? std::string() : "host " + request.host;
}

std::string wanted_text(const PlacementRequest& request) {
    std::string text;
    if (!request.host.empty()) text += " on the host where it must be";
    if (!request.backend_name.empty()) text += " named " + request.backend_name;
    if (!request.zone.empty()) text += " in zone " + request.zone;
    return text;
}

}  // namespace

std::vector<Backend> backends_of(const std::vector<rpc::HostState>& hosts) {
    std::vector<Backend> out;
    for (const auto& host : hosts) {
        for (const auto& item : get_array(host.report, "backends")) out.push_back(backend_of(host, item.as_object()));
    }
    return out;
}

std::int64_t room_gib(const Backend& backend, std::int64_t provisioned_gib) {
    if (backend.total_gib <= 0) return std::numeric_limits<std::int64_t>::max();
    const auto promised = [&](std::int64_t gib) {
        return static_cast<std::int64_t>(static_cast<double>(gib) * backend.max_over_subscription_ratio);
    };
    return std::min(promised(usable_gib(backend)), promised(backend.total_gib) - provisioned_gib);
}

Placement choose_backend(const std::vector<Backend>& backends, const PlacementRequest& request,
                         const std::map<std::string, std::int64_t>& provisioned_gib) {
    std::vector<Backend> wanted;
    std::copy_if(backends.begin(), backends.end(), std::back_inserter(wanted),
                 [&](const Backend& backend) { return is_wanted(backend, request); });
    if (wanted.empty()) {
        throw Error(ErrorCode::Unavailable, "No storage backend" + wanted_text(request) + " is connected.",
                    wanted_detail(request));
    }
    std::erase_if(wanted, [](const Backend& backend) { return !backend.enabled; });
    if (wanted.empty()) {
        throw Error(ErrorCode::Conflict, "Every storage backend" + wanted_text(request) + " is disabled.",
                    wanted_detail(request));
    }
    const auto before = wanted.size();
    std::erase_if(wanted, [&](const Backend& backend) { return !fits_specs(backend, request.type_specs); });
    if (wanted.empty()) {
        throw Error(ErrorCode::NotSupported,
                    "No storage backend has the volume_backend_name, storage_protocol and vendor_name that the "
                    "volume type asks for.");
    }
    std::erase_if(wanted, [&](const Backend& backend) {
        return room_gib(backend, provisioned(provisioned_gib, backend)) < request.size_gib;
    });
    if (wanted.empty()) {
        throw Error(
            ErrorCode::NoSpace,
            "No storage backend" + wanted_text(request) + " has room for " + std::to_string(request.size_gib) + " GiB.",
            wanted_detail(request));
    }
    const auto best = std::min_element(wanted.begin(), wanted.end(), [&](const Backend& a, const Backend& b) {
        const auto key = [&](const Backend& x) {
            return std::make_tuple(-usable_gib(x), provisioned(provisioned_gib, x), x.label());
        };
        return key(a) < key(b);
    });
    return {*best, best->label() + " chosen: most free space (" + std::to_string(usable_gib(*best)) + " GiB) of " +
                       std::to_string(wanted.size()) + " fitting of " + std::to_string(before) + " backends"};
}

bool fits_specs(const Backend& backend, const json::object& type_specs) {
    const auto fits = [&](const char* name, std::string_view value) {
        const auto wanted = wanted_capability(type_specs, name);
        return wanted.empty() || wanted == value;
    };
    return fits("volume_backend_name", backend.pool()) && fits("storage_protocol", backend.driver) &&
           fits("vendor_name", kVendor);
}

std::vector<std::string> zones_of(const std::vector<rpc::HostState>& hosts) {
    std::set<std::string> zones{kDefaultZone};
    for (const auto& host : hosts) zones.insert(zone_of(host));
    return {zones.begin(), zones.end()};
}

}  // namespace virga::volume
