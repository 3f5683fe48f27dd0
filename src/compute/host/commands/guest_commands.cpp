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

void unplug(Context& context, const ServerFolder& folder, const std::vector<network::Nic>& nics) {
    context.taps.unplug(nics);
    context.taps.unplug(folder.nics());
}

json::object destroy_guest(Context& context, const rpc::Command& call) {
    const auto server = server_of(call.params);
    const auto folder = context.folder(server);
    const auto nics = nics_of(call.params);
    const NamedLocks::Guard guard(context.servers, server);
    failpoint("host.destroy_guest.begin");
    // The kernel needs tens of milliseconds to let go of a tap and its bridge, while libvirt waits for the guest's end.
    auto unplugged = std::async(std::launch::async, [&] { unplug(context, folder, nics); });
    context.driver->destroy(server);
    failpoint("host.destroy_guest.guest_gone");
    unplugged.get();
    failpoint("host.destroy_guest.done");
    return {};
}

// The folder goes last: it tells a repeat which taps there were. A start of the guest that was given up, but is still
// under way, may have overtaken destroy_guest.
json::object remove_server_files(Context& context, const rpc::Command& call) {
    const auto server = server_of(call.params);
    const auto folder = context.folder(server);
    const NamedLocks::Guard guard(context.servers, server);
    failpoint("host.remove_server_files.begin");
    context.driver->destroy(server);
    unplug(context, folder, {});
    failpoint("host.remove_server_files.no_guest");
    folder.remove();
    failpoint("host.remove_server_files.done");
    return {};
}

}  // namespace

void add_guest_commands(CommandTable& table, Context& context) {
    table[command::kSpawn] = [&context](const rpc::Command& call) { return spawn(context, call); };
    table[command::kDestroyGuest] = [&context](const rpc::Command& call) { return destroy_guest(context, call); };
    table[command::kRemoveServerFiles] = [&context](const rpc::Command& call) {
        return remove_server_files(context, call);
    };
}

}  // namespace virga::compute::host
