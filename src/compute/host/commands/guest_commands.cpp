#include <future>

#include "base/failpoint.hpp"
#include "compute/host/context.hpp"
#include "compute/host/disk_files.hpp"

namespace virga::compute::host {
namespace {

json::object spawn(Context& context, const rpc::Command& call) {
    const auto guest = guest_of(call.params);
    const auto folder = context.folder(guest.server_id);
    const NamedLocks::Guard guard(context.servers, guest.server_id);
    failpoint("host.spawn.begin");
    const auto files = disk_files(context, folder, guest, keys_of(call.params));
    folder.record_guest(guest);
    failpoint("host.spawn.recorded");
    context.taps.plug(guest.nics);
    failpoint("host.spawn.plugged");
    const auto times = context.driver->spawn(guest, files, folder.console_log());
    failpoint("host.spawn.done");
    auto reply = power_state_reply(context, guest.server_id);
    reply["define_us"] = times.define_us;
    reply["create_us"] = times.create_us;
    reply["already_running"] = times.already_running;
    return reply;
}

std::vector<network::Nic> nics_of(const json::object& params) {
    std::vector<network::Nic> nics;
    for (const auto& nic : get_objects(params, "nics")) nics.push_back(network::Nic::from_json(nic));
    return nics;
}

// The folder goes last: it tells a repeat which taps there were.
json::object destroy(Context& context, const rpc::Command& call) {
    const auto server = server_of(call.params);
    const auto folder = context.folder(server);
    const NamedLocks::Guard guard(context.servers, server);
    failpoint("host.destroy.begin");
    // The kernel needs tens of milliseconds to let go of a tap and its bridge, while libvirt waits for the guest's end.
    auto unplugged = std::async(std::launch::async, [&] {
        context.taps.unplug(nics_of(call.params));
        if (const auto guest = folder.guest()) context.taps.unplug(guest->nics);
    });
    context.driver->destroy(server);
    failpoint("host.destroy.guest_gone");
    unplugged.get();
    failpoint("host.destroy.unplugged");
    folder.remove();
    failpoint("host.destroy.done");
    return {};
}

}  // namespace

void add_guest_commands(CommandTable& table, Context& context) {
    table[command::kSpawn] = [&context](const rpc::Command& call) { return spawn(context, call); };
    table[command::kDestroy] = [&context](const rpc::Command& call) { return destroy(context, call); };
}

}  // namespace virga::compute::host
