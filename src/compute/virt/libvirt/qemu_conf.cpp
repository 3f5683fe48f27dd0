#include "compute/virt/libvirt/qemu_conf.hpp"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/small_file.hpp"

namespace virga::compute::virt::libvirt {
namespace {

// sun_path (107 characters) less "/lib/qemu/domain-4294967295-virga-12345678-1234-/monitor.sock".
constexpr std::size_t kMaxRoot = 46;

constexpr const char* kBuiltInUser = "libvirt-qemu";

void need_built_in_user() {
    if (::getpwnam(kBuiltInUser) != nullptr && ::getgrnam(kBuiltInUser) != nullptr) return;
    throw Error(ErrorCode::Unavailable,
                "libvirt needs a system user and group 'libvirt-qemu', also when guests run as another user: make them "
                "with `groupadd --system libvirt-qemu && useradd --system --gid libvirt-qemu libvirt-qemu`");
}

std::string quoted_list(const std::vector<std::string>& words) {
    std::string list;
    for (const auto& word : words) list += (list.empty() ? "\"" : ", \"") + word + "\"";
    return "[" + list + "]";
}

}  // namespace

void write_qemu_conf(const std::string& root, const MachineSecurity& machine, const std::string& certificates) {
    if (root.size() > kMaxRoot)
        throw Error(ErrorCode::InvalidInput,
                    "state folder '" + root + "' is too long for the hypervisor's sockets: use one of at most " +
                        std::to_string(kMaxRoot - std::string_view("/libvirt").size()) + " characters");
    if (::geteuid() == 0) need_built_in_user();
    std::string text =
        "# Written by Virga at each start.\n"
        "stdio_handler = \"file\"\n"
        "namespaces = []\n"
        "seccomp_sandbox = 1\n"
        "dynamic_ownership = 0\n"
        "remember_owner = 0\n";
    text += "security_driver = \"" + machine.driver + "\"\n";
    text += "cgroup_controllers = " + quoted_list(machine.controllers) + "\n";
    if (!certificates.empty()) text += "nbd_tls = 1\nnbd_tls_x509_cert_dir = \"" + certificates + "\"\n";
    // Each guest's definition names its own user. This one is whom the emulator is tried out as: libvirt lets that open
    // /dev/kvm whatever its mode is, and distrusts what it learnt, at each start, where this user couldn't.
    if (::geteuid() == 0) text += "user = \"root\"\ngroup = \"root\"\n";
    write_small_file(root + "/etc/qemu.conf", text);
}

}  // namespace virga::compute::virt::libvirt
