#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/ids.hpp"
#include "compute/host/context.hpp"
#include "compute/host/disk_files.hpp"

namespace virga::compute::host {
namespace {

json::object attach_disk(Context& context, const rpc::Command& call) {
    const auto server = server_of(call.params);
    const auto disk = GuestDisk::from_json(get_object(call.params, "disk"));
    if (!is_uuid_like(disk.volume_id)) throw Error(ErrorCode::InvalidInput, "disk.volume_id is not a UUID");
    const auto file = disk_file(context.folder(server), disk, {});
    const NamedLocks::Guard guard(context.servers, server);
    failpoint("host.attach_disk.begin");
    context.driver->attach_disk(server, disk, file);
    failpoint("host.attach_disk.done");
    return {};
}

json::object detach_disk(Context& context, const rpc::Command& call) {
    const auto server = server_of(call.params);
    const NamedLocks::Guard guard(context.servers, server);
    failpoint("host.detach_disk.begin");
    context.driver->detach_disk(server, get_string(call.params, "volume_id"));
    failpoint("host.detach_disk.done");
    return {};
}

}  // namespace

void add_volume_commands(CommandTable& table, Context& context) {
    table[command::kAttachDisk] = [&context](const rpc::Command& call) { return attach_disk(context, call); };
    table[command::kDetachDisk] = [&context](const rpc::Command& call) { return detach_disk(context, call); };
}

}  // namespace virga::compute::host
