#include "compute/virt/libvirt/machine_security.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/small_file.hpp"
#include "compute/virt/libvirt/qemu_conf.hpp"
#include "unit/compute_host/temp_folder.hpp"

namespace virga::test {
namespace {

using compute::virt::libvirt::machine_security;
using compute::virt::libvirt::MachineSecurity;

/// A tree like those of /proc, /sys and /etc.
class MachineSecurityTest : public testing::Test {
protected:
    void put(const std::string& path, const std::string& text) { write_small_file(temp / path, text); }
    MachineSecurity look() { return machine_security(temp.path()); }
    std::string lacks() {
        std::string all;
        for (const auto& lack : look().lacks) all += lack + "\n";
        return all;
    }
    bool lacks(const std::string& words) { return lacks().find(words) != std::string::npos; }
    void put_apparmor() {
        put("sys/module/apparmor/parameters/enabled", "Y\n");
        std::filesystem::create_directories(temp / "proc/self");
        std::filesystem::create_symlink("/opt/bin/virga", temp / "proc/self/exe");
        put("sys/kernel/security/apparmor/profiles", "/usr/sbin/x (enforce)\n/opt/bin/virga (enforce)\n");
        put("etc/apparmor.d/libvirt/TEMPLATE.qemu", "");
        put("usr/lib/libvirt/virt-aa-helper", "");
    }
    void put_selinux() {
        put("sys/fs/selinux/enforce", "1");
        put("etc/selinux/config", "# a comment\nSELINUX=enforcing\nSELINUXTYPE=default\n");
        put("etc/selinux/default/contexts/virtual_domain_context", "");
    }

    TempFolder temp;
};

TEST_F(MachineSecurityTest, a_bare_machine_has_nothing_and_says_so) {
    const auto found = look();
    EXPECT_EQ(found.driver, "none");
    EXPECT_TRUE(found.controllers.empty());
    EXPECT_EQ(found.lacks.size(), 2u) << lacks();
    EXPECT_TRUE(lacks("AppArmor is not enabled; SELinux is not enabled")) << lacks();
    EXPECT_TRUE(lacks("no cgroups: version 2 is not mounted")) << lacks();
}

TEST_F(MachineSecurityTest, apparmor_needs_all_that_libvirt_needs) {
    put_apparmor();
    EXPECT_EQ(look().driver, "apparmor");
    put("sys/kernel/security/apparmor/profiles", "/opt/bin/virga (complain)\n/opt/bin/virga-other (enforce)\n");
    EXPECT_EQ(look().driver, "none");
    EXPECT_TRUE(lacks("no enforced profile for /opt/bin/virga")) << lacks();
    put("sys/kernel/security/apparmor/profiles", "/opt/bin/virga (enforce)\n");
    std::filesystem::remove(temp / "usr/lib/libvirt/virt-aa-helper");
    EXPECT_EQ(look().driver, "none");
    EXPECT_TRUE(lacks("virt-aa-helper")) << lacks();
    put("sys/module/apparmor/parameters/enabled", "N\n");
    EXPECT_TRUE(lacks("AppArmor is not enabled")) << lacks();
}

TEST_F(MachineSecurityTest, selinux_must_enforce_a_policy_that_knows_guests) {
    put_selinux();
    EXPECT_EQ(look().driver, "selinux");
    put("sys/fs/selinux/enforce", "0");
    EXPECT_EQ(look().driver, "none");
    EXPECT_TRUE(lacks("SELinux only warns")) << lacks();
    put("sys/fs/selinux/enforce", "1");
    put("etc/selinux/config", "SELINUXTYPE=other\n");
    EXPECT_EQ(look().driver, "none");
    EXPECT_TRUE(lacks("no contexts for guests")) << lacks();
}

TEST_F(MachineSecurityTest, cgroups_of_version_2_by_libvirts_names) {
    put("sys/fs/cgroup/cgroup.subtree_control", "");
    put("sys/fs/cgroup/cgroup.controllers", "cpuset cpu io memory hugetlb pids rdma\n");
    EXPECT_EQ(look().controllers, (std::vector<std::string>{"cpuset", "cpu", "blkio", "memory"}));
    EXPECT_FALSE(lacks("cgroups")) << lacks();
    put("sys/fs/cgroup/cgroup.type", "domain\n");
    EXPECT_TRUE(look().controllers.empty()) << "a container's root is no root";
    EXPECT_TRUE(lacks("no cgroups: in a container")) << lacks();
    std::filesystem::remove(temp / "sys/fs/cgroup/cgroup.type");
    put("sys/fs/cgroup/cgroup.controllers", "\n");
    EXPECT_TRUE(lacks("the kernel gives no controllers")) << lacks();
}

TEST_F(MachineSecurityTest, the_hypervisor_is_told) {
    const auto text = [&](const MachineSecurity& machine) {
        compute::virt::libvirt::write_qemu_conf(temp.path(), machine, "");
        return read_small_file(temp / "etc/qemu.conf").value_or("");
    };
    const auto bare = text({});
    EXPECT_NE(bare.find("security_driver = \"none\"\ncgroup_controllers = []\n"), std::string::npos) << bare;
    const auto rich = text({"apparmor", {"cpu", "memory"}, {}});
    EXPECT_NE(rich.find("security_driver = \"apparmor\"\ncgroup_controllers = [\"cpu\", \"memory\"]\n"),
              std::string::npos)
        << rich;
}

}  // namespace
}  // namespace virga::test
