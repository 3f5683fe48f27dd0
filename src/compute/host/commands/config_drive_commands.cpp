#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/small_file.hpp"
#include "compute/host/context.hpp"
#include "compute/host/images/iso_image.hpp"
#include "disk/disk.hpp"

namespace virga::compute::host {
namespace {

std::vector<IsoFile> files_of(const json::object& params) {
    std::vector<IsoFile> files;
    for (const auto& file : get_objects(params, "files")) {
        std::string content;
        if (!base64_decode(get_string(file, "content"), content))
            throw Error(ErrorCode::InvalidInput, "the content of a file of the config drive is not base64");
        for (const auto& path : get_strings(file, "paths")) files.push_back({path, content});
    }
    return files;
}

// Guests of the fake hypervisor read nothing: they get an empty file, as their other disks are.
std::size_t write_drive(Context& context, const std::string& path, const json::object& params) {
    const auto files = files_of(params);
    if (!context.driver->capabilities().real_guests) {
        write_small_file(path, "");
        return 0;
    }
    const auto image = iso_image(files, get_string(params, "label"));
    disk::write_file_atomically(path, image, 0600);
    return image.size();
}

json::object create_config_drive(Context& context, const rpc::Command& call) {
    const auto server = server_of(call.params);
    const auto folder = context.folder(server);
    const NamedLocks::Guard guard(context.servers, server);
    folder.create();
    failpoint("host.create_config_drive.begin");
    const auto bytes = write_drive(context, folder.disk_path(DiskName::config_drive()), call.params);
    failpoint("host.create_config_drive.made");
    folder.record_disk(DiskName::config_drive(), {disk::Format::Raw, ""});
    failpoint("host.create_config_drive.done");
    return {{"bytes", bytes}};
}

}  // namespace

void add_config_drive_commands(CommandTable& table, Context& context) {
    table[command::kCreateConfigDrive] = [&context](const rpc::Command& call) {
        return create_config_drive(context, call);
    };
}

}  // namespace virga::compute::host
