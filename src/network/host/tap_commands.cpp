#include "network/host/taps.hpp"

namespace virga::network::host {
namespace {

std::vector<Nic> nics_of(const json::object& params) {
    std::vector<Nic> nics;
    for (const auto& nic : get_objects(params, "nics")) nics.push_back(Nic::from_json(nic));
    return nics;
}

}  // namespace

void Taps::register_commands(rpc::HostEndpoint& endpoint) {
    endpoint.on(command::kPlug, [this](const rpc::Command& call) {
        plug(nics_of(call.params));
        return json::object{};
    });
    endpoint.on(command::kUnplug, [this](const rpc::Command& call) {
        unplug(nics_of(call.params));
        return json::object{};
    });
    endpoint.on(command::kInventory, [this](const rpc::Command&) {
        json::array taps;
        for (const auto& name : inventory()) taps.emplace_back(name);
        json::array bare;
        for (const auto& name : unprotected()) bare.emplace_back(name);
        return json::object{{"taps", std::move(taps)}, {"unprotected", std::move(bare)}};
    });
}

}  // namespace virga::network::host
