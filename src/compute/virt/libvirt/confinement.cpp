#include "compute/virt/libvirt/confinement.hpp"

#include "base/small_file.hpp"

namespace virga::compute::virt::libvirt {
namespace {

/// The first word of a line of /proc/<pid>/status.
std::string status_field(const std::string& status, const std::string& name) {
    const auto line = status.find("\n" + name + ":\t");
    if (line == std::string::npos) return {};
    const auto begin = line + name.size() + 3;
    return status.substr(begin, status.find_first_of("\t\n", begin) - begin);
}

bool has_any(const std::string& capabilities) {
    return capabilities.find_first_not_of('0') != std::string::npos;
}

}  // namespace

std::string excess_rights(int pid) {
    const auto status = read_small_file("/proc/" + std::to_string(pid) + "/status").value_or("");
    if (status.empty()) return {};
    std::string found;
    const auto add = [&](bool is_so, const char* what) {
        if (is_so) found += (found.empty() ? "" : ", ") + std::string(what);
    };
    add(status_field(status, "Uid") == "0", "as root");
    add(has_any(status_field(status, "CapEff")) || has_any(status_field(status, "CapPrm")), "with capabilities");
    add(status_field(status, "Seccomp") != "2", "without a system call filter");
    return found;
}

}  // namespace virga::compute::virt::libvirt
