#include "compute/virt/libvirt/machine_security.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "base/error.hpp"
#include "base/small_file.hpp"

namespace virga::compute::virt::libvirt {
namespace {

/// Files of /proc and /sys that can't be read are as good as missing.
std::string text_of(const std::string& path) {
    try {
        return read_small_file(path).value_or("");
    } catch (const Error&) {
        return {};
    }
}

bool exists(const std::string& path) {
    return ::access(path.c_str(), F_OK) == 0;
}

/// The path of this program, by which AppArmor names profiles.
std::string own_program(const std::string& root) {
    char path[4096];
    const auto length = ::readlink((root + "/proc/self/exe").c_str(), path, sizeof path);
    return length > 0 ? std::string(path, static_cast<std::size_t>(length)) : std::string();
}

/// Empty: usable.
std::string apparmor_lack(const std::string& root) {
    if (!text_of(root + "/sys/module/apparmor/parameters/enabled").starts_with("Y")) return "AppArmor is not enabled";
    const auto program = own_program(root);
    const auto profiles = "\n" + text_of(root + "/sys/kernel/security/apparmor/profiles");
    if (program.empty() || profiles.find("\n" + program + " (enforce)") == std::string::npos)
        return "AppArmor has no enforced profile for " + program + ", which libvirt demands";
    for (const char* file : {"/etc/apparmor.d/libvirt/TEMPLATE.qemu", "/usr/lib/libvirt/virt-aa-helper"}) {
        if (!exists(root + file)) return "AppArmor for guests needs " + std::string(file);
    }
    return {};
}

/// The line SELINUXTYPE= of its configuration names the policy.
std::string selinux_policy(const std::string& root) {
    std::istringstream lines(text_of(root + "/etc/selinux/config"));
    constexpr std::string_view kKey = "SELINUXTYPE=";
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(kKey)) return line.substr(kKey.size());
    }
    return {};
}

std::string selinux_lack(const std::string& root) {
    const auto enforce = text_of(root + "/sys/fs/selinux/enforce");
    if (enforce.empty()) return "SELinux is not enabled";
    if (!enforce.starts_with("1")) return "SELinux only warns";
    const auto policy = selinux_policy(root);
    if (policy.empty() || !exists(root + "/etc/selinux/" + policy + "/contexts/virtual_domain_context"))
        return "the policy of SELinux has no contexts for guests";
    return {};
}

void find_driver(const std::string& root, MachineSecurity& found) {
    const auto apparmor = apparmor_lack(root);
    const auto selinux = apparmor.empty() ? std::string() : selinux_lack(root);
    if (apparmor.empty()) {
        found.driver = "apparmor";
    } else if (selinux.empty()) {
        found.driver = "selinux";
    } else {
        found.lacks.push_back("no security driver: " + apparmor + "; " + selinux);
    }
}

void find_controllers(const std::string& root, MachineSecurity& found) {
    // Not `devices`: a guest's user can open none, and taps and disks would have to be listed.
    constexpr std::array<std::string_view, 4> kUseful{"cpu", "cpuset", "memory", "io"};
    const auto folder = root + "/sys/fs/cgroup";
    if (!exists(folder + "/cgroup.controllers")) {
        found.lacks.emplace_back("no cgroups: version 2 is not mounted at /sys/fs/cgroup");
        return;
    }
    if (::access((folder + "/cgroup.subtree_control").c_str(), W_OK) != 0) {
        found.lacks.emplace_back("no cgroups: /sys/fs/cgroup can't be written");
        return;
    }
    // Only the real root of the hierarchy has no type. A container's processes are in the cgroup that it sees as root,
    // so that controllers can't be handed on to groups beneath it.
    if (exists(folder + "/cgroup.type")) {
        found.lacks.emplace_back("no cgroups: in a container, whose cgroup can't be divided");
        return;
    }
    std::istringstream words(text_of(folder + "/cgroup.controllers"));
    for (std::string word; words >> word;) {
        if (std::find(kUseful.begin(), kUseful.end(), word) == kUseful.end()) continue;
        found.controllers.push_back(word == "io" ? "blkio" : word);  // libvirt's name for both versions
    }
    if (found.controllers.empty()) found.lacks.emplace_back("no cgroups: the kernel gives no controllers");
}

}  // namespace

MachineSecurity machine_security(const std::string& root) {
    MachineSecurity found;
    find_driver(root, found);
    find_controllers(root, found);
    return found;
}

}  // namespace virga::compute::virt::libvirt
