#include "compute/host/used_bases.hpp"

#include <sys/stat.h>

#include "base/error.hpp"
#include "compute/host/server_folder.hpp"
#include "compute/virt/qcow2_chain.hpp"

namespace virga::compute::host {
namespace {

// Empty files are the fake hypervisor's markers.
bool has_content(const std::string& path) {
    struct stat found {};
    return ::stat(path.c_str(), &found) == 0 && found.st_size > 0;
}

}  // namespace

std::set<std::string> used_bases(const std::string& instances) {
    std::set<std::string> used;
    for (const auto& server : server_folders(instances)) {
        const ServerFolder folder(instances, server);
        for (const auto& [file, record] : folder.disks()) {
            if (!record.backing.empty()) used.insert(record.backing);
            const auto path = folder.disk_path(file);
            if (record.format != disk::Format::Qcow2 || !has_content(path)) continue;
            for (const auto& link : virt::backing_chain(path, record.format)) used.insert(link.path);
        }
    }
    return used;
}

}  // namespace virga::compute::host
