#include "compute/virt/libvirt/xml/disk.hpp"

#include <sstream>

#include "base/error.hpp"
#include "compute/virt/check_guest.hpp"
#include "compute/virt/libvirt/cache_mode.hpp"
#include "compute/virt/libvirt/xml/text.hpp"
#include "compute/virt/qcow2_chain.hpp"
#include "compute/virt/qemu/devices.hpp"

namespace virga::compute::virt::libvirt {
namespace {

void add_driver(pugi::xml_node node, const DiskFile& file) {
    auto driver = node.append_child("driver");
    driver.append_attribute("name") = "qemu";
    driver.append_attribute("type") = to_string(file.format).c_str();
    driver.append_attribute("cache") = cache_mode(file.path).c_str();
    driver.append_attribute("discard") = "unmap";
    if (!file.nbd) return;
    // A disk that is away for a moment stops the guest and fails nothing: StalledGuests has it try again.
    driver.append_attribute("error_policy") = "stop";
    driver.append_attribute("rerror_policy") = "stop";
}

// The format of the encryption is that of the qcow2 that the source names. libvirt asks for the key of each.
void add_source(pugi::xml_node node, const std::string& path, disk::Format format, const std::string& secret) {
    auto source = node.append_child("source");
    source.append_attribute("file") = path.c_str();
    if (secret.empty() || format != disk::Format::Qcow2) return;
    auto encryption = source.append_child("encryption");
    encryption.append_attribute("format") = "luks";
    auto key = encryption.append_child("secret");
    key.append_attribute("type") = "passphrase";
    key.append_attribute("uuid") = secret.c_str();
}

/// What a request waits for a lost connection, from libvirt 9.5 on; before it fails, and the next one tries anew.
constexpr int kReconnect_s = 60;

void add_source(pugi::xml_node node, const NbdExport& nbd) {
    auto source = node.append_child("source");
    source.append_attribute("protocol") = "nbd";
    source.append_attribute("name") = nbd.name.c_str();
    source.append_attribute("tls") = "yes";
    auto host = source.append_child("host");
    host.append_attribute("name") = nbd.host.c_str();
    host.append_attribute("port") = static_cast<unsigned>(nbd.port);
    source.append_child("reconnect").append_attribute("delay") = kReconnect_s;
}

// The empty element at the end tells libvirt that the chain is complete: nothing is left for it to find out.
void add_chain(pugi::xml_node node, const std::vector<ChainLink>& chain, const std::string& secret) {
    for (const auto& link : chain) {
        auto backing = node.append_child("backingStore");
        backing.append_attribute("type") = "file";
        backing.append_child("format").append_attribute("type") = to_string(link.format).c_str();
        add_source(backing, link.path, link.format, secret);
        node = backing;
    }
    node.append_child("backingStore");
}

// Bounds on a volume's I/O, in the names that libvirt and the volume service share. 0 is no bound.
void add_iotune(pugi::xml_node node, const GuestDisk& disk) {
    static constexpr const char* kBounds[] = {
        "total_bytes_sec",   "read_bytes_sec",      "write_bytes_sec",    "total_iops_sec",      "read_iops_sec",
        "write_iops_sec",    "total_bytes_sec_max", "read_bytes_sec_max", "write_bytes_sec_max", "total_iops_sec_max",
        "read_iops_sec_max", "write_iops_sec_max",  "size_iops_sec"};
    const auto bounds = get_object(get_object(disk.connection_info, "data"), "qos_specs");
    pugi::xml_node tune;
    for (const auto* name : kBounds) {
        const auto bound = get_string(bounds, name);
        if (bound.empty() || bound == "0") continue;
        if (!tune) tune = node.append_child("iotune");
        add_text(tune, name, bound);
    }
}

DefinedDisk parse_disk(const pugi::xml_node& node) {
    std::ostringstream out;
    node.print(out, "", pugi::format_raw);
    const auto mirror = node.child("mirror");
    return {node.child_value("serial"),
            node.child("target").attribute("dev").value(),
            node.child("alias").attribute("name").value(),
            node.child("driver").attribute("type").value(),
            static_cast<bool>(node.child("source").child("encryption")),
            out.str(),
            node.child("source").attribute("file").value(),
            mirror.child("source").attribute("file").value(),
            std::string_view(mirror.attribute("ready").value()) == "yes"};
}

}  // namespace

std::vector<ChainLink> chain_of(const GuestDisk& disk, const DiskFile& file) {
    if (file.nbd) return {};
    const auto data = get_object(disk.connection_info, "data");
    if (!data.contains("chain")) return backing_chain(file.path, file.format);
    std::vector<ChainLink> chain;
    for (const auto& entry : get_array(data, "chain")) {
        if (!entry.is_object()) throw Error(ErrorCode::InvalidInput, "connection_info.data.chain must list objects");
        const ChainLink link{get_string(entry.get_object(), "path"),
                             disk::format_of(get_string(entry.get_object(), "format"))};
        if (link.path == file.path) continue;  // the active file itself may lead the list
        chain.push_back(link);
    }
    return chain;
}

void add_disk(pugi::xml_node devices, const GuestDisk& disk, const DiskFile& file, std::int64_t boot_order) {
    auto node = devices.append_child("disk");
    node.append_attribute("type") = file.nbd ? "network" : "file";
    node.append_attribute("device") = disk.device_type == "cdrom" ? "cdrom" : "disk";
    add_driver(node, file);
    add_source(node, file);
    add_chain(node, chain_of(disk, file), file.secret);
    auto target = node.append_child("target");
    target.append_attribute("dev") = target_name(disk).c_str();
    target.append_attribute("bus") = qemu::disk_bus(disk).c_str();
    add_iotune(node, disk);
    if (qemu::is_read_only(disk)) node.append_child("readonly");
    if (qemu::is_shareable(disk, file.format)) node.append_child("shareable");
    if (!file.serial.empty()) add_text(node, "serial", file.serial);
    if (boot_order > 0) node.append_child("boot").append_attribute("order") = static_cast<long long>(boot_order);
}

void add_source(pugi::xml_node node, const DiskFile& file) {
    if (file.nbd) return add_source(node, *file.nbd);
    add_source(node, file.path, file.format, file.secret);
}

std::string disk_xml(const GuestDisk& disk, const DiskFile& file) {
    pugi::xml_document document;
    add_disk(document, disk, file, 0);
    return to_text(document);
}

std::string mirror_xml(const DiskFile& file) {
    pugi::xml_document document;
    auto node = document.append_child("disk");
    node.append_attribute("type") = "file";
    node.append_child("driver").append_attribute("type") = to_string(file.format).c_str();
    add_source(node, file);
    node.append_child("backingStore");
    return to_text(document);
}

void check_same_encryption(const DefinedDisk& disk, const DiskFile& file) {
    if (disk.encrypted != file.key.empty()) return;
    throw Error(ErrorCode::InvalidInput, "volume " + disk.serial +
                                             (disk.encrypted ? " is encrypted, and its key was not given"
                                                             : " is not encrypted, but a key was given"));
}

std::vector<DefinedDisk> disks_of(const char* domain_xml) {
    pugi::xml_document document;
    if (!document.load_string(domain_xml)) throw Error(ErrorCode::Internal, "the hypervisor gave unreadable XML");
    std::vector<DefinedDisk> disks;
    for (const auto& node : document.child("domain").child("devices").children("disk"))
        disks.push_back(parse_disk(node));
    return disks;
}

std::vector<std::string> files_of(const DefinedDisk& disk) {
    if (disk.source.empty()) return {};
    std::vector<std::string> files{disk.source};
    try {
        for (const auto& link : backing_chain(disk.source, disk::format_of(disk.format))) files.push_back(link.path);
    } catch (const Error&) {
        // a file of it is gone, and what would be beneath it is unknown
    }
    return files;
}

std::vector<std::string> volume_files(const char* domain_xml) {
    std::vector<std::string> files;
    for (const auto& disk : disks_of(domain_xml)) {
        if (disk.serial.empty()) continue;
        for (auto& file : files_of(disk)) files.push_back(std::move(file));
    }
    return files;
}

std::optional<DefinedDisk> find_disk(const char* domain_xml, const std::string& serial) {
    for (auto& disk : disks_of(domain_xml))
        if (disk.serial == serial) return std::move(disk);
    return std::nullopt;
}

}  // namespace virga::compute::virt::libvirt
