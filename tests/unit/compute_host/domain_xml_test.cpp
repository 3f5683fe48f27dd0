#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/small_file.hpp"
#include "compute/virt/check_guest.hpp"
#include "compute/virt/libvirt/xml/disk.hpp"
#include "compute/virt/libvirt/xml/domain.hpp"
#include "disk/disk.hpp"
#include "unit/compute_host/temp_folder.hpp"

namespace virga::test {
namespace {

using namespace compute::virt;
using namespace compute::virt::libvirt;

class DomainXml : public testing::Test {
protected:
    DomainXml() {
        guest.server_id = new_uuid();
        guest.memory_mib = 64;
        guest.name = "a<b>&\x01";
        add_disk("/dev/vda", 0);
    }
    void add_disk(const std::string& device, std::int64_t boot_index) {
        compute::GuestDisk disk;
        disk.device_name = device;
        disk.boot_index = boot_index;
        guest.disks.push_back(disk);
        files.push_back({"/nowhere/" + device.substr(5), disk::Format::Raw, ""});
    }
    void add_config_drive(const std::string& bus = {}) {
        compute::GuestDisk disk;
        disk.kind = "config";
        disk.disk_bus = bus;
        disk.device_type = "cdrom";
        guest.disks.push_back(disk);
        files.push_back({"/nowhere/disk.config", disk::Format::Raw, ""});
    }
    std::string xml() { return domain_xml(settings, guest, files, {"/console", "/variables", "/agent"}, user); }
    bool has(const std::string& part) { return xml().find(part) != std::string::npos; }

    TempFolder temp;
    DomainSettings settings;
    std::optional<GuestUser> user;
    compute::GuestSpec guest;
    std::vector<DiskFile> files;
};

TEST_F(DomainXml, EscapesNamesAndDropsControlCharacters) {
    EXPECT_TRUE(has(">a&lt;b&gt;&amp;</"));
}

TEST_F(DomainXml, SoftwareEmulationUnlessConfigured) {
    EXPECT_TRUE(has("<domain type=\"qemu\">"));
    EXPECT_TRUE(has("<log file=\"/console\" append=\"off\""));
}

TEST_F(DomainXml, RunsAsTheUserThatItIsGiven) {
    EXPECT_FALSE(has("<seclabel"));
    user = GuestUser{2000001, 64055};
    EXPECT_TRUE(has("<seclabel type=\"static\" model=\"dac\" relabel=\"no\">"));
    EXPECT_TRUE(has("<label>+2000001:+64055</label>"));
}

TEST_F(DomainXml, ObeysTheImagesProperties) {
    network::Nic nic;
    nic.tap = "tap1";
    guest.nics = {nic};
    EXPECT_TRUE(has("machine=\"pc\""));
    EXPECT_TRUE(has("<model type=\"virtio\""));
    for (const auto* part : {"<loader", "<topology", "<bootmenu", "<watchdog", "<channel", "<video", "<pmu", "hpet",
                             "type=\"scsi\"", "port=\"1\"", "localtime"})
        EXPECT_FALSE(has(part)) << part;
    guest.image_properties = {{"hw_machine_type", "q35"},      {"hw_firmware_type", "uefi"},
                              {"hw_vif_model", "e1000"},       {"hw_boot_menu", "true"},
                              {"hw_watchdog_action", "reset"}, {"hw_qemu_guest_agent", "true"},
                              {"hw_video_model", "vga"},       {"hw_pmu", "false"},
                              {"hw_time_hpet", "true"},        {"hw_scsi_model", "lsilogic"},
                              {"hw_serial_port_count", "2"},   {"os_type", "windows"},
                              {"hw_cpu_sockets", "1"},         {"hw_cpu_cores", "2"},
                              {"hw_cpu_threads", "1"}};
    for (const auto* part :
         {"machine=\"q35\"", "OVMF_CODE_4M.fd</loader>", "<nvram>/variables</nvram>", "<model type=\"e1000\"",
          "<bootmenu enable=\"yes\"", "<watchdog model=\"i6300esb\" action=\"reset\"", "org.qemu.guest_agent.0",
          "<model type=\"vga\"", "<pmu state=\"off\"", "<timer name=\"hpet\" present=\"yes\"",
          "<controller type=\"scsi\" model=\"lsilogic\"", "<target port=\"1\"", "offset=\"localtime\"",
          "<topology sockets=\"1\" cores=\"2\" threads=\"1\""})
        EXPECT_TRUE(has(part)) << part << xml();
}

TEST_F(DomainXml, ConfigDriveTakesABusOfTheImagesMachine) {
    guest.image_properties = {{"hw_machine_type", "q35"}};
    add_config_drive();
    EXPECT_TRUE(has("<target dev=\"sdf\" bus=\"sata\""));
}

TEST_F(DomainXml, ConfigDriveIsAReadOnlyCdromThatIsNeverBooted) {
    add_config_drive();
    const auto drive = xml().substr(xml().find("device=\"cdrom\""));
    for (const auto* part : {"<driver name=\"qemu\" type=\"raw\"", "<target dev=\"hdd\" bus=\"ide\"", "<readonly />"})
        EXPECT_NE(drive.find(part), std::string::npos) << part << drive;
    EXPECT_EQ(drive.find("<boot "), std::string::npos);
    EXPECT_TRUE(has("<boot order=\"1\""));
}

TEST_F(DomainXml, ConfigDriveTakesABusThatTheMachineHas) {
    settings.machine = "pc-q35-7.2";
    add_config_drive("ide");
    EXPECT_TRUE(has("<target dev=\"sdf\" bus=\"sata\""));
    guest.disks.back().disk_bus = "usb";
    EXPECT_TRUE(has("<target dev=\"sdf\" bus=\"sata\""));
    guest.disks.back().disk_bus = "scsi";
    EXPECT_TRUE(has("<target dev=\"sdg\" bus=\"scsi\""));
}

TEST_F(DomainXml, ConfigDriveLeavesNamesToOtherDisks) {
    add_disk("/dev/hdd", -1);
    add_config_drive();
    EXPECT_TRUE(has("<target dev=\"hdc\" bus=\"ide\""));
    for (const auto* name : {"/dev/hdc", "/dev/hdb", "/dev/hda"}) add_disk(name, -1);
    EXPECT_THROW(xml(), Error);
}

TEST_F(DomainXml, RawFilesEndTheChain) {
    EXPECT_TRUE(has("type=\"raw\""));
    EXPECT_TRUE(has("<backingStore />"));
}

TEST_F(DomainXml, VolumesHaveTheBoundsOfTheirQosSpecs) {
    EXPECT_FALSE(has("<iotune>"));
    guest.disks.back().connection_info = {
        {"data", json::object{{"qos_specs", json::object{{"total_iops_sec", "500"},
                                                         {"total_iops_sec_max", "700"},
                                                         {"read_bytes_sec", "0"},
                                                         {"colour", "<red>"}}}}}};
    for (const auto* part : {"<iotune>", "<total_iops_sec>500<", "<total_iops_sec_max>700<"}) EXPECT_TRUE(has(part));
    for (const auto* part : {"read_bytes_sec", "colour"}) EXPECT_FALSE(has(part)) << part;
    guest.disks.back().connection_info = {{"data", json::object{{"qos_specs", nullptr}}}};
    EXPECT_FALSE(has("<iotune>"));
}

TEST_F(DomainXml, OverlayChainIsSpeltOutAndClosed) {
    disk::create_qcow2(temp / "low", 1 << 20, disk::Backing{"/base", "raw"});
    disk::create_qcow2(temp / "top", 1 << 20, disk::Backing{"low", "qcow2"});
    files[0] = {temp / "top", disk::Format::Qcow2, ""};
    const auto text = xml();
    const auto low = text.find("<source file=\"" + (temp / "low"));
    const auto base = text.find("<source file=\"/base\"");
    const auto end = text.find("<backingStore />");
    ASSERT_NE(low, std::string::npos);
    ASSERT_NE(base, std::string::npos);
    EXPECT_TRUE(low < base && base < end && end != std::string::npos);
}

TEST_F(DomainXml, WhatAGuestWroteIntoARawDiskIsNeverLookedAt) {
    disk::create_qcow2(temp / "fake", 1 << 20, disk::Backing{"/etc/shadow", "raw"});
    files[0] = {temp / "fake", disk::Format::Raw, ""};
    EXPECT_FALSE(has("/etc/shadow"));
}

TEST_F(DomainXml, TakesTheChainOfAVolumesConnection) {
    guest.disks[0].volume_id = new_uuid();
    json::array chain;
    chain.push_back(json::object{{"path", "/vol/base"}, {"format", "raw"}});
    guest.disks[0].connection_info = {{"data", json::object{{"chain", chain}}}};
    files[0] = {"/vol/top", disk::Format::Qcow2, guest.disks[0].volume_id};
    EXPECT_TRUE(has("<source file=\"/vol/base\""));
    EXPECT_TRUE(has("<serial>" + guest.disks[0].volume_id));
    chain.push_back(json::object{{"path", "/vol/other"}, {"format", "vmdk"}});
    guest.disks[0].connection_info = {{"data", json::object{{"chain", chain}}}};
    EXPECT_THROW(xml(), Error);
}

TEST_F(DomainXml, AccessModeOfAVolumeReachesTheGuest) {
    guest.disks[0].connection_info = {{"data", json::object{{"access_mode", "rw"}}}};
    EXPECT_FALSE(has("<readonly") || has("<shareable"));
    guest.disks[0].connection_info = {{"data", json::object{{"access_mode", "ro"}}}, {"multiattach", true}};
    EXPECT_TRUE(has("<readonly") && has("<shareable"));
}

TEST_F(DomainXml, AReadOnlyVolumeIsRefusedOnABusThatHasNone) {
    auto disk = guest.disks[0];
    disk.connection_info = {{"data", json::object{{"access_mode", "ro"}}}};
    const DiskFile file{"/disk", disk::Format::Raw};
    for (const auto* bus : {"ide", "sata"}) {
        disk.disk_bus = bus;
        disk.device_type = "disk";
        try {
            check_file(disk, file);
            ADD_FAILURE() << bus << " was not refused";
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::InvalidInput);
            EXPECT_NE(error.message().find("read-only volume, which bus '" + std::string(bus)), std::string::npos)
                << error.message();
        }
        disk.device_type = "cdrom";
        EXPECT_NO_THROW(check_file(disk, file));
    }
    disk.device_type = "disk";
    for (const auto* bus : {"", "virtio", "scsi"}) {
        disk.disk_bus = bus;
        EXPECT_NO_THROW(check_file(disk, file));
    }
}

TEST_F(DomainXml, ADiskThatAnotherHostExportsIsReachedByNbdOverTls) {
    guest.disks[0].volume_id = new_uuid();
    files[0] = {"", disk::Format::Raw, guest.disks[0].volume_id};
    files[0].nbd = NbdExport{"10.0.0.2", 10809, guest.disks[0].volume_id};
    check_guest(guest, files);
    EXPECT_TRUE(has("<disk type=\"network\" device=\"disk\">"));
    EXPECT_TRUE(has("<source protocol=\"nbd\" name=\"" + guest.disks[0].volume_id + "\" tls=\"yes\">"));
    EXPECT_TRUE(has("<host name=\"10.0.0.2\" port=\"10809\""));
    EXPECT_TRUE(has("error_policy=\"stop\" rerror_policy=\"stop\"")) << "nothing fails while the export is away";
    const auto defined = disks_of(xml().c_str());
    ASSERT_EQ(defined.size(), 1u);
    EXPECT_EQ(defined[0].serial, guest.disks[0].volume_id);
    EXPECT_TRUE(files_of(defined[0]).empty()) << "there is no file here that a guest could be given";
    EXPECT_TRUE(chain_of(guest.disks[0], files[0]).empty());
}

TEST_F(DomainXml, AnExportNeedsAllOfItsPlaceAndNoFile) {
    guest.disks[0].volume_id = new_uuid();
    const NbdExport whole{"10.0.0.2", 10809, guest.disks[0].volume_id};
    const auto refused = [&](const std::string& path, disk::Format format, const NbdExport& nbd) {
        DiskFile file{path, format, guest.disks[0].volume_id};
        file.nbd = nbd;
        try {
            check_file(guest.disks[0], file);
        } catch (const Error& error) {
            return error.code() == ErrorCode::InvalidInput;
        }
        return false;
    };
    EXPECT_FALSE(refused("", disk::Format::Raw, whole));
    EXPECT_TRUE(refused("/disk", disk::Format::Raw, whole));
    EXPECT_TRUE(refused("", disk::Format::Qcow2, whole));
    EXPECT_TRUE(refused("", disk::Format::Raw, {"", 10809, whole.name}));
    EXPECT_TRUE(refused("", disk::Format::Raw, {whole.host, 0, whole.name}));
    EXPECT_TRUE(refused("", disk::Format::Raw, {whole.host, 10809, ""}));
}

TEST_F(DomainXml, BootOrderFollowsTheBootIndex) {
    guest.disks[0].boot_index = 1;
    add_disk("/dev/vdb", 0);
    add_disk("/dev/vdc", -1);
    const auto text = xml();
    const auto disks = disks_of(text.c_str());
    ASSERT_EQ(disks.size(), 3u);
    EXPECT_NE(disks[0].xml.find("order=\"2\""), std::string::npos);
    EXPECT_NE(disks[1].xml.find("order=\"1\""), std::string::npos);
    EXPECT_EQ(disks[2].xml.find("order="), std::string::npos);
}

TEST_F(DomainXml, APortWithoutATapIsRefused) {
    guest.nics.emplace_back();
    EXPECT_THROW(xml(), Error);
}

TEST_F(DomainXml, TapsAreOpenedNotMade) {
    network::Nic nic;
    nic.tap = "tap1";
    nic.mac = "fa:16:3e:00:00:01";
    nic.mtu = 1450;
    guest.nics.push_back(nic);
    EXPECT_TRUE(has("<target dev=\"tap1\" managed=\"no\""));
    EXPECT_TRUE(has("<mtu size=\"1450\""));
}

}  // namespace
}  // namespace virga::test
