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
    const auto file = disk_file(context, context.folder(server), disk, {}, keys_of(call.params));
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
    context.driver->detach_disk(server, volume_of(call.params));
    failpoint("host.detach_disk.done");
    return {};
}

std::string path_of(const Context& context, const json::object& params, std::string_view key) {
    auto path = get_string(params, key);
    context.volumes.check(path, key);
    return path;
}

json::object running(bool done) {
    return {{"running", done}};
}

json::object resize_disk(Context& context, const rpc::Command& call) {
    const auto server = server_of(call.params);
    const auto size = get_int(call.params, "size_bytes");
    if (size <= 0) throw Error(ErrorCode::InvalidInput, "size_bytes must be above 0");
    const NamedLocks::Guard guard(context.servers, server);
    failpoint("host.resize_disk.begin");
    const bool done = context.driver->resize_disk(server, volume_of(call.params), size);
    failpoint("host.resize_disk.done");
    return running(done);
}

json::object snapshot_disk(Context& context, const rpc::Command& call) {
    const auto server = server_of(call.params);
    const auto file = get_object(call.params, "file");
    const NamedLocks::Guard guard(context.servers, server);
    failpoint("host.snapshot_disk.begin");
    const auto volume = volume_of(call.params);
    virt::DiskFile overlay{path_of(context, file, "path"), disk::format_of(get_string(file, "format")), ""};
    const auto keys = keys_of(call.params);
    if (const auto key = keys.find(volume); key != keys.end()) overlay.key = key->second;
    const bool done = context.driver->snapshot_disk(server, volume, overlay);
    failpoint("host.snapshot_disk.done");
    return running(done);
}

// What moves a disk's content doesn't hold the server's lock: they may take hours, in which the server can be stopped
// or deleted.
json::object commit_disk(Context& context, const rpc::Command& call) {
    failpoint("host.commit_disk.begin");
    const bool done = context.driver->commit_disk(
        server_of(call.params), volume_of(call.params), path_of(context, call.params, "upper"),
        path_of(context, call.params, "lower"), {call.cancelled, call.progress});
    failpoint("host.commit_disk.done");
    return running(done);
}

json::object pull_disk(Context& context, const rpc::Command& call) {
    const auto below = get_string(call.params, "below").empty() ? "" : path_of(context, call.params, "below");
    failpoint("host.pull_disk.begin");
    const bool done =
        context.driver->pull_disk(server_of(call.params), volume_of(call.params),
                                  path_of(context, call.params, "lower"), below, {call.cancelled, call.progress});
    failpoint("host.pull_disk.done");
    return running(done);
}

/// A disk that a volume has or will have, whatever the guest uses now.
struct Target {
    std::string server;
    std::string volume;
    virt::DiskFile file;
};

Target target_of(Context& context, const rpc::Command& call) {
    const auto server = server_of(call.params);
    const auto disk = GuestDisk::from_json(get_object(call.params, "disk"));
    if (!is_uuid_like(disk.volume_id)) throw Error(ErrorCode::InvalidInput, "disk.volume_id is not a UUID");
    return {server, disk.volume_id, disk_file(context, context.folder(server), disk, {}, keys_of(call.params))};
}

json::object mirror_disk(Context& context, const rpc::Command& call) {
    const auto target = target_of(context, call);
    failpoint("host.mirror_disk.begin");
    const bool done =
        context.driver->mirror_disk(target.server, target.volume, target.file, {call.cancelled, call.progress});
    failpoint("host.mirror_disk.done");
    return running(done);
}

json::object pivot_disk(Context& context, const rpc::Command& call) {
    const auto target = target_of(context, call);
    const NamedLocks::Guard guard(context.servers, target.server);
    failpoint("host.pivot_disk.begin");
    const bool done = context.driver->pivot_disk(target.server, target.volume, target.file);
    failpoint("host.pivot_disk.done");
    return running(done);
}

json::object end_mirror(Context& context, const rpc::Command& call) {
    const auto server = server_of(call.params);
    const NamedLocks::Guard guard(context.servers, server);
    failpoint("host.end_mirror.begin");
    const bool done = context.driver->end_mirror(server, volume_of(call.params));
    failpoint("host.end_mirror.done");
    return running(done);
}

}  // namespace

void add_volume_commands(CommandTable& table, Context& context) {
    table[command::kAttachDisk] = [&context](const rpc::Command& call) { return attach_disk(context, call); };
    table[command::kDetachDisk] = [&context](const rpc::Command& call) { return detach_disk(context, call); };
    table[command::kResizeDisk] = [&context](const rpc::Command& call) { return resize_disk(context, call); };
    table[command::kSnapshotDisk] = [&context](const rpc::Command& call) { return snapshot_disk(context, call); };
    table[command::kCommitDisk] = [&context](const rpc::Command& call) { return commit_disk(context, call); };
    table[command::kPullDisk] = [&context](const rpc::Command& call) { return pull_disk(context, call); };
    table[command::kMirrorDisk] = [&context](const rpc::Command& call) { return mirror_disk(context, call); };
    table[command::kPivotDisk] = [&context](const rpc::Command& call) { return pivot_disk(context, call); };
    table[command::kEndMirror] = [&context](const rpc::Command& call) { return end_mirror(context, call); };
}

}  // namespace virga::compute::host
