#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/small_file.hpp"
#include "conformance/virt/host.hpp"

namespace virga::test {
namespace {

/// What the emulators of guests may do, and to which files.
class Confinement : public VirtTest {
protected:
    void SetUp() override {
        if (::geteuid() != 0) GTEST_SKIP() << "guests have users of their own when Virga is privileged";
    }
    static struct stat look(const std::string& path) {
        struct stat found {};
        EXPECT_EQ(::stat(path.c_str(), &found), 0) << path;
        return found;
    }
    std::string path_of(const compute::GuestSpec& guest, const std::string& device) {
        return host().folder() + "/" + guest.server_id + "-" + device;
    }
    std::string excess_rights(const std::string& server_id) {
        for (const auto& guest : driver().list())
            if (guest.server_id == server_id) return guest.excess_rights;
        return "no such guest";
    }
};

TEST_P(Confinement, EachGuestHasAUserOfItsOwnAndNoRights) {
    const auto one = new_guest();
    const auto other = new_guest();
    spawn(one);
    spawn(other);
    EXPECT_EQ(excess_rights(one.server_id), "");
    EXPECT_EQ(excess_rights(other.server_id), "");
    const auto disk = look(path_of(one, "vda"));
    EXPECT_GE(disk.st_uid, 2'000'000U);
    EXPECT_EQ(disk.st_mode & 0777, 0600U);
    EXPECT_NE(disk.st_uid, look(path_of(other, "vda")).st_uid);
}

TEST_P(Confinement, AVolumeIsTheGuestsWhileItIsAttached) {
    const auto guest = new_guest();
    spawn(guest);
    const auto user = look(path_of(guest, "vda")).st_uid;
    const auto volume = new_uuid();
    const auto path = host().make_disk(volume);
    driver().attach_disk(guest.server_id, volume_disk(volume), {path, disk::Format::Raw, volume});
    EXPECT_EQ(look(path).st_uid, user);
    driver().power_off(guest.server_id, 0);
    driver().detach_disk(guest.server_id, volume);
    EXPECT_EQ(look(path).st_uid, 0U);
}

TEST_P(Confinement, VolumesStayWithTheHostWhenTheirGuestGoes) {
    const auto guest = new_guest();
    spawn(guest);
    const auto volume = new_uuid();
    const auto path = host().make_disk(volume);
    driver().attach_disk(guest.server_id, volume_disk(volume), {path, disk::Format::Raw, volume});
    driver().destroy(guest.server_id);
    EXPECT_EQ(look(path).st_uid, 0U);
}

TEST_P(Confinement, AVolumeOfSeveralServersIsOpenToTheirGroupOnly) {
    auto disk = volume_disk(new_uuid());
    disk.connection_info["multiattach"] = true;
    const auto path = host().make_disk(disk.volume_id);
    for (int i = 0; i < 2; ++i) {
        const auto guest = new_guest();
        spawn(guest);
        driver().attach_disk(guest.server_id, disk, {path, disk::Format::Raw, disk.volume_id});
        EXPECT_EQ(look(path).st_gid, look(path_of(guest, "vda")).st_gid);
    }
    EXPECT_EQ(look(path).st_uid, 0U);
    EXPECT_EQ(look(path).st_mode & 0777, 0660U);
}

TEST_P(Confinement, AConfigDriveIsItsGuestsAlone) {
    auto guest = new_guest();
    compute::GuestDisk drive;
    drive.kind = "config";
    drive.device_type = "cdrom";
    guest.disks.push_back(drive);
    auto files = files_of({.server_id = guest.server_id, .disks = {guest.disks.front()}});
    files.push_back({host().make_disk(guest.server_id + "-config"), disk::Format::Raw, ""});
    driver().spawn(guest, files, console_of(guest));
    const auto found = look(files.back().path);
    EXPECT_EQ(found.st_uid, look(path_of(guest, "vda")).st_uid);
    EXPECT_EQ(found.st_mode & 0777, 0400U);
}

TEST_P(Confinement, NobodyElseReachesTheMonitor) {
    const auto guest = new_guest();
    spawn(guest);
    bool found = false;
    const auto folder = host().folder() + "/libvirt/lib/qemu";
    for (const auto& name : folder_entries(folder)) {
        if (!name.starts_with("domain-") || name.find(guest.server_id.substr(0, 8)) == std::string::npos) continue;
        found = true;
        EXPECT_EQ(look(folder + "/" + name).st_mode & 0027, 0U) << name;
    }
    EXPECT_TRUE(found);
}

INSTANTIATE_TEST_SUITE_P(Drivers, Confinement, testing::Values("libvirt"),
                         [](const auto& driver) { return driver.param; });

}  // namespace
}  // namespace virga::test
