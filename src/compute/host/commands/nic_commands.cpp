#include "base/failpoint.hpp"
#include "compute/host/context.hpp"

namespace virga::compute::host {
namespace {

// The tap goes last: a guest whose device is connected to nothing would still have it.
json::object detach_nic(Context& context, const rpc::Command& call) {
    const auto server = server_of(call.params);
    const auto nic = network::Nic::from_json(get_object(call.params, "nic"));
    const NamedLocks::Guard guard(context.servers, server);
    failpoint("host.detach_nic.begin");
    context.driver->detach_nic(server, nic.mac);
    failpoint("host.detach_nic.detached");
    context.taps.unplug({nic});
    failpoint("host.detach_nic.done");
    return {};
}

}  // namespace

void add_nic_commands(CommandTable& table, Context& context) {
    table[command::kDetachNic] = [&context](const rpc::Command& call) { return detach_nic(context, call); };
}

}  // namespace virga::compute::host
