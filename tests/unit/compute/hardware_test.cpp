#include "compute/model/hardware.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace virga::compute {
namespace {

std::string refusal(const json::object& properties, const json::object& specs = {}, std::int64_t vcpus = 4) {
    try {
        check_hardware(properties, specs, vcpus);
    } catch (const Error& failure) {
        EXPECT_EQ(failure.code(), ErrorCode::InvalidInput);
        return failure.message();
    }
    return {};
}

TEST(Hardware, TakesWhatServersCanHave) {
    EXPECT_EQ(refusal({{"hw_disk_bus", "scsi"},
                       {"hw_scsi_model", "virtio-scsi"},
                       {"hw_vif_model", "e1000"},
                       {"hw_machine_type", "pc-q35-7.2"},
                       {"hw_firmware_type", "uefi"},
                       {"hw_video_model", "vga"},
                       {"hw_rng_model", "virtio"},
                       {"hw_qemu_guest_agent", "yes"},
                       {"hw_tpm_version_unknown", "x"},
                       {"hw_numa_nodes", "1"},
                       {"hw_locked_memory", "no"},
                       {"os_type", "linux"},
                       {"os_distro", "debian"},
                       {"architecture", "x86_64"},
                       {"trait:CUSTOM_SLOW", "forbidden"}}),
              "");
    EXPECT_EQ(refusal({}, {{"hw:cpu_policy", "shared"}, {"colour", "blue"}, {"hw_video:ram_max_mb", "16"}}), "");
}

TEST(Hardware, RefusesImpossibleValuesByName) {
    for (const auto& [name, value] :
         std::initializer_list<std::pair<std::string, std::string>>{{"hw_disk_bus", "foo"},
                                                                    {"architecture", "bogus"},
                                                                    {"hw_video_ram", "abc"},
                                                                    {"hw_vif_model", ""},
                                                                    {"hw_cpu_cores", "-1"},
                                                                    {"hw_cpu_sockets", "2.5"},
                                                                    {"hw_numa_nodes", "many"},
                                                                    {"hw_firmware_type", "bios uefi"},
                                                                    {"hw_rng_model", "hardware"},
                                                                    {"hw_machine_type", "vax"},
                                                                    {"hw_machine_type", "pc-q35-"},
                                                                    {"hw_machine_type", "pc-q35-<x/>"},
                                                                    {"hw_machine_type", "pc-i440fx-\n"},
                                                                    {"hw_machine_type", "pc-q35-7.2 "},
                                                                    {"hw_machine_type", "pc-i440fx-../7"},
                                                                    {"hw_machine_type", "pc-q35-7.2,x=y"},
                                                                    {"hw_video_model", "VGA"},
                                                                    {"hw_watchdog_action", "bark"},
                                                                    {"hw_cpu_policy", "greedy"},
                                                                    {"hypervisor_type", "magic"},
                                                                    {"vm_mode", "none"},
                                                                    {"os_secure_boot", "maybe"},
                                                                    {"hw_scsi_model", "raid"},
                                                                    {"hw_pointer_model", "finger"}}) {
        const auto message = refusal({{name, value}});
        EXPECT_NE(message.find("image property '" + name + "'"), std::string::npos) << name << ": " << message;
    }
}

TEST(Hardware, RefusesWhatNoServerGets) {
    for (const auto& [name, value] :
         std::initializer_list<std::pair<std::string, std::string>>{{"hw_tpm_model", "tpm-crb"},
                                                                    {"hw_cpu_policy", "dedicated"},
                                                                    {"hw_vif_multiqueue_enabled", "true"},
                                                                    {"hw_mem_page_size", "large"},
                                                                    {"hw_numa_nodes", "2"},
                                                                    {"hw_numa_cpus.0", "0,1"},
                                                                    {"os_secure_boot", "required"},
                                                                    {"architecture", "aarch64"},
                                                                    {"hypervisor_type", "xen"},
                                                                    {"hw_disk_bus", "usb"},
                                                                    {"hw_video_ram", "64"},
                                                                    {"trait:HW_CPU_X86_VMX", "required"},
                                                                    {"kernel_id", "2b3f"},
                                                                    {"hw_mem_encryption", "on"}})
        EXPECT_NE(refusal({{name, value}}).find("this cloud can't give a server"), std::string::npos) << name;
    for (const auto& [name, value] :
         std::initializer_list<std::pair<std::string, std::string>>{{"hw:cpu_policy", "dedicated"},
                                                                    {"quota:cpu_quota", "10000"},
                                                                    {"resources:VGPU", "1"},
                                                                    {"trait:CUSTOM_GOLD", "required"},
                                                                    {"hw:a", "1"},
                                                                    {"pci_passthrough:alias", "gpu:1"},
                                                                    {"resources1:CUSTOM_THING", "1"},
                                                                    {"hw:mem_page_size", "1GB"},
                                                                    {"hw:tpm_version", "2.0"},
                                                                    {"accel:device_profile", "fast"}})
        EXPECT_NE(refusal({}, {{name, value}}).find("flavor extra spec '" + name + "'"), std::string::npos) << name;
}

TEST(Hardware, RefusesWhatContradictsItself) {
    EXPECT_NE(refusal({{"hw_machine_type", "q35"}, {"hw_disk_bus", "ide"}}), "");
    EXPECT_NE(refusal({{"hw_watchdog_action", "reset"}}, {{"hw:watchdog_action", "pause"}}), "");
    EXPECT_NE(refusal({{"hw_cpu_cores", "3"}}), "");
    EXPECT_NE(refusal({{"hw_cpu_max_sockets", "1"}}, {{"hw:cpu_max_cores", "1"}, {"hw:cpu_max_threads", "2"}}), "");
}

TEST(Hardware, SettlesTheTopology) {
    const auto topology = [](const json::object& properties, const json::object& specs = {}) {
        const auto all = guest_hardware(properties, specs, 4);
        return get_string(all, "hw_cpu_sockets") + get_string(all, "hw_cpu_cores") + get_string(all, "hw_cpu_threads");
    };
    EXPECT_EQ(topology({}), "");
    EXPECT_EQ(topology({{"hw_cpu_cores", "2"}}), "221");
    EXPECT_EQ(topology({{"hw_cpu_sockets", "1"}}), "141");
    EXPECT_EQ(topology({{"hw_cpu_threads", "2"}}, {{"hw:cpu_max_sockets", "1"}}), "122");
}

TEST(Hardware, MergesTheFlavorAndTellsSwitchesAlike) {
    const auto all = guest_hardware({{"hw_boot_menu", "Yes"}, {"hw_pmu", "nonsense"}, {"os_distro", "debian"}},
                                    {{"hw:watchdog_action", "reset"}, {"colour", "blue"}}, 1);
    EXPECT_EQ(json::serialize(all), R"({"hw_boot_menu":"true","hw_pmu":"false","os_distro":"debian",)"
                                    R"("hw_watchdog_action":"reset"})");
}

}  // namespace
}  // namespace virga::compute
