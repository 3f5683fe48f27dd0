#include "compute/virt/libvirt/xml/snapshot.hpp"

#include "compute/virt/libvirt/xml/text.hpp"

namespace virga::compute::virt::libvirt {

std::string snapshot_xml(const std::vector<DefinedDisk>& disks, const std::string& target, const DiskFile& file) {
    pugi::xml_document document;
    auto list = document.append_child("domainsnapshot").append_child("disks");
    for (const auto& disk : disks) {
        auto node = list.append_child("disk");
        node.append_attribute("name") = disk.target.c_str();
        if (disk.target != target) {
            node.append_attribute("snapshot") = "no";
            continue;
        }
        node.append_attribute("snapshot") = "external";
        node.append_attribute("type") = "file";
        node.append_child("driver").append_attribute("type") = to_string(file.format).c_str();
        add_source(node, file);
    }
    return to_text(document);
}

}  // namespace virga::compute::virt::libvirt
