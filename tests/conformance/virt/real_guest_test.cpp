#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/small_file.hpp"
#include "compute/model/server.hpp"
#include "conformance/virt/guest_image.hpp"
#include "conformance/virt/host.hpp"
#include "disk/disk.hpp"
#include "network/host/taps.hpp"

namespace virga::test {
namespace {

constexpr int kRunning = static_cast<int>(compute::PowerState::Running);
constexpr int kShutdown = static_cast<int>(compute::PowerState::Shutdown);

/// A guest with an operating system, on an overlay of the test image.
class RealGuest : public VirtTest {
protected:
    void SetUp() override {
        if (!real()) GTEST_SKIP() << "guests of this driver run no operating system";
    }
    void boot() {
        guest = new_guest();
        const auto path = host().folder() + "/" + guest.server_id + ".qcow2";
        disk::create_qcow2(path, disk::kGiB, disk::Backing{guest_image(), "qcow2"});
        files = {{path, disk::Format::Qcow2, ""}};
        start();
    }
    void start() {
        driver().spawn(guest, files, console_of(guest));
        ASSERT_TRUE(wait_for_text(console_of(guest), "VIRGA-GUEST-LOGIN")) << *read_small_file(console_of(guest));
    }

    static network::Nic new_nic() {
        network::Nic nic;
        nic.port_id = new_uuid();
        nic.mac = "fa:16:3e:00:11:22";
        nic.mtu = 1450;
        nic.tap = "tap" + nic.port_id.substr(0, 11);
        nic.bridge = "vbr" + new_uuid().substr(0, 11);
        return nic;
    }
    std::vector<std::string> macs_of(const std::string& server_id) {
        for (const auto& info : driver().list())
            if (info.server_id == server_id) return info.macs;
        return {};
    }

    compute::GuestSpec guest;
    std::vector<compute::virt::DiskFile> files;
};

TEST_P(RealGuest, SeesAnAttachedVolumeAndLetsGoOfIt) {
    boot();
    const auto volume = new_uuid();
    driver().attach_disk(guest.server_id, volume_disk(volume), {host().make_disk(volume), disk::Format::Raw, volume});
    EXPECT_TRUE(wait_for_text(console_of(guest), "VIRGA-GUEST-DISK vdb 8192"));
    driver().detach_disk(guest.server_id, volume);
    EXPECT_TRUE(wait_for_text(console_of(guest), "VIRGA-GUEST-DISK vdb removed"));
    driver().detach_disk(guest.server_id, volume);
    for (const auto& info : driver().list()) {
        if (info.server_id == guest.server_id) {
            EXPECT_TRUE(info.volumes.empty());
        }
    }
}

TEST_P(RealGuest, HearsThePowerButton) {
    boot();
    driver().power_off(guest.server_id, 30);
    EXPECT_EQ(driver().state(guest.server_id).power_state, kShutdown);
    EXPECT_NE(read_small_file(console_of(guest))->find("VIRGA-GUEST-SHUTDOWN"), std::string::npos);
}

TEST_P(RealGuest, RebootsSoftly) {
    boot();
    driver().reboot(guest, files, console_of(guest), false);
    EXPECT_EQ(driver().state(guest.server_id).power_state, kRunning);
    EXPECT_TRUE(wait_for_text(console_of(guest), "VIRGA-GUEST-BOOT 2")) << *read_small_file(console_of(guest));
}

TEST_P(RealGuest, UsesATapThatTheHostMade) {
    network::host::Taps taps(true, host().folder());
    const auto nic = new_nic();
    taps.plug({nic});
    auto spec = new_guest();
    spec.nics.push_back(nic);
    EXPECT_NO_THROW(driver().spawn(spec, files_of(spec), console_of(spec)));
    EXPECT_EQ(*read_small_file("/sys/class/net/" + nic.tap + "/carrier"), "1\n") << "no guest has it open";
    EXPECT_EQ(*read_small_file("/sys/class/net/" + nic.tap + "/mtu"), "1450\n");
    EXPECT_EQ(*read_small_file("/sys/class/net/" + nic.tap + "/address"), "fe:16:3e:00:11:22\n");
    driver().destroy(spec.server_id);
    EXPECT_EQ(taps.inventory(), std::vector<std::string>{nic.tap}) << "the tap is the host's, not the guest's";
    taps.unplug({nic});
    EXPECT_TRUE(taps.inventory().empty());
    EXPECT_FALSE(read_small_file("/sys/class/net/" + nic.bridge + "/mtu").has_value());
}

TEST_P(RealGuest, LetsGoOfANetworkDevice) {
    network::host::Taps taps(true, host().folder());
    const auto nic = new_nic();
    taps.plug({nic});
    guest = new_guest();
    guest.nics.push_back(nic);
    const auto path = host().folder() + "/" + guest.server_id + ".qcow2";
    disk::create_qcow2(path, disk::kGiB, disk::Backing{guest_image(), "qcow2"});
    files = {{path, disk::Format::Qcow2, ""}};
    start();
    EXPECT_EQ(macs_of(guest.server_id), std::vector<std::string>{nic.mac});
    driver().detach_nic(guest.server_id, nic.mac);
    EXPECT_TRUE(macs_of(guest.server_id).empty());
    driver().detach_nic(guest.server_id, nic.mac);
    taps.unplug({nic});
    EXPECT_EQ(driver().state(guest.server_id).power_state, kRunning);
    driver().power_off(guest.server_id, 0);
    EXPECT_TRUE(macs_of(guest.server_id).empty()) << "it is still in the definition";
}

INSTANTIATE_TEST_SUITE_P(Drivers, RealGuest, testing::ValuesIn(driver_names()),
                         [](const auto& driver) { return driver.param; });

}  // namespace
}  // namespace virga::test
