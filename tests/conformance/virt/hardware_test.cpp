#include <unistd.h>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/scope_exit.hpp"
#include "base/small_file.hpp"
#include "compute/model/server.hpp"
#include "conformance/virt/host.hpp"
#include "network/host/taps.hpp"

namespace virga::test {
namespace {

/// What the API lets images ask for, the hypervisor can give.
class Hardware : public VirtTest {
protected:
    void expect_start(const compute::GuestSpec& guest, const std::string& what) {
        try {
            spawn(guest);
            EXPECT_EQ(driver().state(guest.server_id).power_state, static_cast<int>(compute::PowerState::Running))
                << what;
        } catch (const Error& failure) {
            ADD_FAILURE() << what << ": " << failure.message() << " " << failure.detail();
        }
        driver().destroy(guest.server_id);
    }
};

TEST_P(Hardware, OfImagesIsGiven) {
    for (const auto& properties : std::initializer_list<json::object>{
             {{"hw_machine_type", "q35"}, {"hw_serial_port_count", "3"}},
             {{"hw_qemu_guest_agent", "true"}, {"hw_boot_menu", "true"}},
             {{"hw_watchdog_action", "reset"}, {"hw_time_hpet", "true"}},
             {{"hw_watchdog_action", "none"}, {"hw_pmu", "false"}, {"os_type", "windows"}},
             {{"hw_video_model", "vga"}},
             {{"hw_video_model", "cirrus"}},
             {{"hw_video_model", "virtio"}},
             {{"hw_video_model", "bochs"}},
             {{"hw_cpu_sockets", "1"}, {"hw_cpu_cores", "1"}, {"hw_cpu_threads", "1"}}}) {
        auto guest = new_guest();
        guest.image_properties = properties;
        expect_start(guest, json::serialize(properties));
    }
}

TEST_P(Hardware, DiskBusesAreGiven) {
    for (const auto& [bus, device, scsi] : {std::tuple{"virtio", "/dev/vda", ""},
                                            {"scsi", "/dev/sda", "virtio-scsi"},
                                            {"scsi", "/dev/sda", "lsilogic"},
                                            {"scsi", "/dev/sda", ""},
                                            {"sata", "/dev/sda", ""},
                                            {"ide", "/dev/hda", ""}}) {
        auto guest = new_guest();
        guest.disks.front().disk_bus = bus;
        guest.disks.front().device_name = device;
        if (*scsi != '\0') guest.image_properties["hw_scsi_model"] = scsi;
        expect_start(guest, bus + std::string(" ") + scsi);
    }
}

TEST_P(Hardware, NetworkCardsAreGiven) {
    network::host::Taps taps(true, host().folder());
    network::Nic nic;
    nic.port_id = new_uuid();
    nic.mac = "fa:16:3e:00:11:22";
    nic.tap = "tap" + nic.port_id.substr(0, 11);
    nic.bridge = "vbr" + new_uuid().substr(0, 11);
    taps.plug({nic});
    const ScopeExit unplug([&] { taps.unplug({nic}); });
    for (const auto* model : {"e1000", "e1000e", "ne2k_pci", "pcnet", "rtl8139", "virtio", "vmxnet3"}) {
        auto guest = new_guest();
        guest.nics = {nic};
        guest.image_properties["hw_vif_model"] = model;
        expect_start(guest, model);
    }
}

TEST_P(Hardware, UefiKeepsItsVariablesUntilTheEnd) {
    for (const auto* machine : {"pc", "q35"}) {
        auto guest = new_guest();
        guest.image_properties = {{"hw_firmware_type", "uefi"}, {"hw_machine_type", machine}};
        const auto variables = host().folder() + "/libvirt/firmware/" + guest.server_id + ".fd";
        spawn(guest);
        EXPECT_EQ(::access(variables.c_str(), F_OK), 0);
        driver().power_off(guest.server_id, 0);
        EXPECT_EQ(::access(variables.c_str(), F_OK), 0);
        driver().power_on(guest, files_of(guest), console_of(guest));
        driver().destroy(guest.server_id);
        EXPECT_NE(::access(variables.c_str(), F_OK), 0);
    }
}

INSTANTIATE_TEST_SUITE_P(Drivers, Hardware, testing::Values("libvirt"),
                         [](const auto& driver) { return driver.param; });

}  // namespace
}  // namespace virga::test
