#include <unistd.h>

#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "compute/host/context.hpp"

namespace virga::compute::host {
namespace {

constexpr std::int64_t kMiB = 1024 * 1024;

struct Request {
    std::string image_id;
    std::int64_t root_size_mib = 0;
    std::vector<GuestDisk> disks;
};

Request read_request(const json::object& params) {
    Request request{get_string(params, "image_id"), get_int(params, "root_size_mib"), {}};
    for (const auto& disk : get_objects(params, "disks")) request.disks.push_back(GuestDisk::from_json(disk));
    return request;
}

BaseImage root_base(Context& context, const std::string& image_id) {
    if (image_id.empty()) throw Error(ErrorCode::InvalidInput, "a local root disk needs an image_id");
    if (auto base = context.cache->find(image_id)) return std::move(*base);
    throw Error(ErrorCode::NotFound, "image " + image_id + " is not in the cache of this host: fetch it again");
}

MadeDisk make_disk(Context& context, const Request& request, const GuestDisk& disk, const std::string& path,
                   const FetchHooks& hooks) {
    auto& backend = *context.backend;
    if (disk.kind == "root")
        return backend.create_image(root_base(context, request.image_id), path, request.root_size_mib * kMiB, hooks);
    if (disk.kind == "ephemeral")
        return backend.create_image(context.blanks.ephemeral(disk.size_mib), path, disk.size_mib * kMiB, hooks);
    if (disk.kind == "swap")
        return backend.create_image(context.blanks.swap(disk.size_mib), path, disk.size_mib * kMiB, hooks);
    throw Error(ErrorCode::InvalidInput, "disk kind '" + disk.kind + "' is not a local one");
}

// A disk counts as made once it is recorded: a guest may have written to it, it is never made again. One without a
// record was interrupted, and no guest has seen it.
DiskRecord find_or_make(Context& context, const ServerFolder& folder, const Request& request, const GuestDisk& disk,
                        const FetchHooks& hooks) {
    if (!disk.file) throw Error(ErrorCode::InvalidInput, "a local disk of the server has no file name");
    const auto path = folder.disk_path(*disk.file);
    const auto records = folder.disks();
    if (const auto known = records.find(*disk.file); known != records.end() && ::access(path.c_str(), F_OK) == 0)
        return known->second;
    const auto made = make_disk(context, request, disk, path, hooks);
    failpoint("host.create_disks.made");
    const DiskRecord record{made.format, made.backing};
    folder.record_disk(*disk.file, record);
    failpoint("host.create_disks.recorded");
    return record;
}

json::object create_disks(Context& context, const rpc::Command& call) {
    const auto server = server_of(call.params);
    const auto request = read_request(call.params);
    const auto folder = context.folder(server);
    const NamedLocks::Guard guard(context.servers, server);
    folder.create();
    failpoint("host.create_disks.folder_made");
    json::array disks;
    for (const auto& disk : request.disks) {
        const auto record = find_or_make(context, folder, request, disk, hooks_of(call));
        disks.push_back(json::object{{"file", disk.file->text()},
                                     {"format", disk::to_string(record.format)},
                                     {"path", folder.disk_path(*disk.file)}});
    }
    failpoint("host.create_disks.done");
    return {{"backend", context.backend->name()}, {"disks", std::move(disks)}};
}

}  // namespace

void add_disk_commands(CommandTable& table, Context& context) {
    table[command::kCreateDisks] = [&context](const rpc::Command& call) { return create_disks(context, call); };
}

}  // namespace virga::compute::host
