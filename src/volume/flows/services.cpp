#include "volume/flows/services.hpp"

#include <map>
#include <set>

#include "volume/repo/volume_repo.hpp"

namespace virga::volume::flows {
namespace {

ServiceState state_of(db::Transaction& tx, const char* binary, const std::string& host, const std::string& zone,
                      bool up) {
    ServiceState state{repo::service(tx, binary, host), zone, up};
    if (up) state.updated_us = now_us();
    return state;
}

/// Backends that are known, but whose host isn't connected.
std::set<std::string> absent_backends(db::Transaction& tx, const std::vector<Backend>& present) {
    std::set<std::string> hosts;
    for (const auto& item : repo::provisioned_gib(tx)) hosts.insert(item.first);
    for (const auto& item : repo::services(tx)) {
        if (item.binary == kVolumeBinary) hosts.insert(item.host);
    }
    for (const auto& backend : present) hosts.erase(backend.host + "@" + backend.name);
    return hosts;
}

}  // namespace

std::vector<ServiceState> services_of(db::Transaction& tx, Dependencies& d) {
    std::vector<ServiceState> out{state_of(tx, kSchedulerBinary, kControlHost, kDefaultZone, true)};
    const auto present = backends_of(d.hosts.hosts());
    for (const auto& backend : present) {
        out.push_back(state_of(tx, kVolumeBinary, backend.host + "@" + backend.name, backend.zone, backend.up));
    }
    std::map<std::string, std::string> zones;
    for (const auto& backend : present) zones.emplace(backend.host, backend.zone);
    for (const auto& [host, zone] : zones)
        out.push_back(state_of(tx, kBackupBinary, host, zone, d.hosts.answers(host)));
    for (const auto& host : absent_backends(tx, present)) {
        out.push_back(state_of(tx, kVolumeBinary, host, kDefaultZone, false));
    }
    return out;
}

std::vector<Backend> backends(db::Transaction& tx, Dependencies& d) {
    const auto closed = repo::closed_backends(tx);
    auto out = backends_of(d.hosts.hosts());
    for (auto& backend : out) backend.enabled = !closed.contains(backend.host + "@" + backend.name);
    return out;
}

}  // namespace virga::volume::flows
