#include "compute/virt/libvirt/open_files.hpp"

#include <libvirt/libvirt-qemu.h>

#include "base/json.hpp"
#include "compute/virt/libvirt/failure.hpp"
#include "compute/virt/libvirt/handle.hpp"

namespace virga::compute::virt::libvirt {
namespace {

json::array block_devices(virDomainPtr domain) {
    char* reply = nullptr;
    check(virDomainQemuMonitorCommand(domain, R"({"execute": "query-block"})", &reply, 0), "ask a guest for its disks");
    const TextHandle text(reply);
    return get_array(parse_object(text.get()), "return");
}

/// Whether a device path such as /machine/peripheral/virtio-disk1/virtio-backend goes through the alias.
bool is_device(const std::string& path, const std::string& alias) {
    return path == alias || (path + "/").find("/" + alias + "/") != std::string::npos;
}

/// What the emulator says of a command of qemu-io; nothing when the guest has no such device.
std::string run_on_disk(virDomainPtr domain, const std::string& alias, const std::string& command) {
    std::string said;
    for (const auto& entry : block_devices(domain)) {
        const auto path = get_string(entry.as_object(), "qdev");
        if (!is_device(path, alias)) continue;
        char* reply = nullptr;
        const auto whole = "qemu-io -d " + path + " " + command;
        check(virDomainQemuMonitorCommand(domain, whole.c_str(), &reply, VIR_DOMAIN_QEMU_MONITOR_COMMAND_HMP),
              "work on a guest's disk");
        said += TextHandle(reply).get();
    }
    return said;
}

}  // namespace

std::string file_of_node(const std::string& filename) {
    constexpr std::string_view kJson = "json:";
    if (!filename.starts_with(kJson)) return filename;
    auto node = parse_object(filename.substr(kJson.size()));
    while (node.contains("file")) {
        const auto inner = node["file"];
        if (!inner.is_object()) return {};
        node = inner.get_object();
    }
    return get_string(node, "filename");
}

void flush(virDomainPtr domain, const std::string& alias) {
    const auto said = run_on_disk(domain, alias, "flush");
    if (said.find("Error") != std::string::npos)
        throw Error(ErrorCode::Internal, "a guest's disk could not be flushed", said);
}

void touch(virDomainPtr domain, const std::string& alias) {
    run_on_disk(domain, alias, "\"read 0 512\"");
}

std::vector<std::string> open_files(virDomainPtr domain, const std::string& alias) {
    std::vector<std::string> files;
    for (const auto& entry : block_devices(domain)) {
        const auto& device = entry.as_object();
        if (!is_device(get_string(device, "qdev"), alias)) continue;
        auto image = get_object(get_object(device, "inserted"), "image");
        while (!image.empty()) {
            files.push_back(file_of_node(get_string(image, "filename")));
            image = get_object(image, "backing-image");
        }
    }
    return files;
}

}  // namespace virga::compute::virt::libvirt
