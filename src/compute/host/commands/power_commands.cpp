#include "base/failpoint.hpp"
#include "compute/host/context.hpp"
#include "compute/host/disk_files.hpp"

namespace virga::compute::host {
namespace {

// Taps vanish when the machine restarts, so every start makes sure of them.
json::object power_on(Context& context, const rpc::Command& call) {
    const auto guest = guest_of(call.params);
    const auto folder = context.folder(guest.server_id);
    const NamedLocks::Guard guard(context.servers, guest.server_id);
    const auto files = disk_files(context, folder, guest, keys_of(call.params));
    folder.record_guest(guest);
    context.taps.plug(guest.nics);
    failpoint("host.power_on.plugged");
    context.driver->power_on(guest, files, folder.console_log());
    failpoint("host.power_on.done");
    return power_state_reply(context, guest.server_id);
}

json::object power_off(Context& context, const rpc::Command& call) {
    const auto server = server_of(call.params);
    const NamedLocks::Guard guard(context.servers, server);
    failpoint("host.power_off.begin");
    context.driver->power_off(server, static_cast<int>(get_int(call.params, "timeout_s")));
    failpoint("host.power_off.done");
    return power_state_reply(context, server);
}

json::object reboot(Context& context, const rpc::Command& call) {
    const auto guest = guest_of(call.params);
    const auto folder = context.folder(guest.server_id);
    const NamedLocks::Guard guard(context.servers, guest.server_id);
    const auto files = disk_files(context, folder, guest, keys_of(call.params));
    folder.record_guest(guest);
    context.taps.plug(guest.nics);
    failpoint("host.reboot.plugged");
    context.driver->reboot(guest, files, folder.console_log(), get_string(call.params, "type", "HARD") == "HARD");
    failpoint("host.reboot.done");
    return power_state_reply(context, guest.server_id);
}

}  // namespace

void add_power_commands(CommandTable& table, Context& context) {
    table[command::kPowerOn] = [&context](const rpc::Command& call) { return power_on(context, call); };
    table[command::kPowerOff] = [&context](const rpc::Command& call) { return power_off(context, call); };
    table[command::kReboot] = [&context](const rpc::Command& call) { return reboot(context, call); };
}

}  // namespace virga::compute::host
