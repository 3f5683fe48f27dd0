#include <atomic>
#include <filesystem>
#include <thread>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/small_file.hpp"
#include "conformance/virt/host.hpp"
#include "disk/disk.hpp"

namespace virga::test {
namespace {

class Volumes : public VirtTest {
protected:
    std::vector<std::string> volumes_of(const std::string& server_id) {
        for (const auto& info : driver().list())
            if (info.server_id == server_id) return info.volumes;
        return {};
    }
    compute::virt::DiskFile volume_file(const std::string& id) { return {host().make_disk(id), disk::Format::Raw, id}; }
};

TEST_P(Volumes, AttachIsIdempotent) {
    const auto guest = new_guest();
    spawn(guest);
    const auto volume = new_uuid();
    const auto file = volume_file(volume);
    driver().attach_disk(guest.server_id, volume_disk(volume), file);
    driver().attach_disk(guest.server_id, volume_disk(volume), file);
    EXPECT_EQ(volumes_of(guest.server_id), std::vector<std::string>{volume});
}

TEST_P(Volumes, StoppedGuestKeepsWhatWasAttached) {
    const auto guest = new_guest();
    spawn(guest);
    driver().power_off(guest.server_id, 0);
    const auto volume = new_uuid();
    driver().attach_disk(guest.server_id, volume_disk(volume), volume_file(volume));
    EXPECT_EQ(volumes_of(guest.server_id), std::vector<std::string>{volume});
    driver().detach_disk(guest.server_id, volume);
    EXPECT_TRUE(volumes_of(guest.server_id).empty());
}

const Secret kKey("the key of the volume");

/// A volume that is encrypted by kKey, with an overlay on its first file.
struct EncryptedVolume {
    std::string id = new_uuid();
    compute::GuestDisk disk = volume_disk(id);
    compute::virt::DiskFile file;

    explicit EncryptedVolume(const std::string& folder) {
        const auto name = "volume-" + id;
        disk::create_qcow2(folder + "/" + name, 1 << 24, std::nullopt, kKey);
        disk::create_qcow2(folder + "/" + name + ".a", 1 << 24, disk::Backing{name, "qcow2"}, kKey);
        disk.connection_info = {{"data", json::object{{"encrypted", true}, {"encryption", "luks"}}}};
        file = {folder + "/" + name + ".a", disk::Format::Qcow2, id, kKey};
    }
};

TEST_P(Volumes, AnEncryptedVolumeIsPluggedAndGoesAlongWhenTheGuestIsStartedAgain) {
    auto guest = new_guest();
    spawn(guest);
    const EncryptedVolume volume(host().folder());
    driver().attach_disk(guest.server_id, volume.disk, volume.file);
    driver().attach_disk(guest.server_id, volume.disk, volume.file);
    EXPECT_EQ(volumes_of(guest.server_id), std::vector<std::string>{volume.id});
    driver().power_off(guest.server_id, 0);
    auto files = files_of(guest);
    guest.disks.push_back(volume.disk);
    files.push_back(volume.file);
    driver().power_on(guest, files, console_of(guest));
    EXPECT_EQ(volumes_of(guest.server_id), std::vector<std::string>{volume.id});
    EXPECT_EQ(driver().state(guest.server_id).power_state, 1);
    driver().power_off(guest.server_id, 0);  // without a system it lets go of nothing
    driver().detach_disk(guest.server_id, volume.id);
    EXPECT_TRUE(volumes_of(guest.server_id).empty());
}

TEST_P(Volumes, AnEncryptedVolumeAndItsKeyBelongTogether) {
    const auto guest = new_guest();
    spawn(guest);
    const EncryptedVolume volume(host().folder());
    const auto refusal = [&](const compute::GuestDisk& disk, const compute::virt::DiskFile& file) {
        try {
            driver().attach_disk(guest.server_id, disk, file);
        } catch (const Error& failure) {
            return failure.code();
        }
        ADD_FAILURE() << "was attached";
        return ErrorCode::Internal;
    };
    auto without_key = volume.file;
    without_key.key = {};
    EXPECT_EQ(refusal(volume.disk, without_key), ErrorCode::InvalidInput);
    EXPECT_EQ(refusal(volume_disk(volume.id), volume.file), ErrorCode::InvalidInput);
    auto raw = volume.file;
    raw.format = disk::Format::Raw;
    EXPECT_EQ(refusal(volume.disk, raw), ErrorCode::InvalidInput);
    EXPECT_TRUE(volumes_of(guest.server_id).empty());
}

// Many at once, from threads of their own: each call has its own secrets.
TEST_P(Volumes, KeysOfSeveralGuestsAreNotMixedUp) {
    constexpr int kGuests = 4;
    std::vector<compute::GuestSpec> guests;
    for (int i = 0; i < kGuests; ++i) {
        guests.push_back(new_guest());
        spawn(guests.back());
    }
    std::vector<std::thread> threads;
    std::atomic<int> done{0};
    for (const auto& guest : guests) {
        threads.emplace_back([&, id = guest.server_id] {
            EncryptedVolume volume(host().folder());
            const Secret own("key of " + volume.id);
            const auto path = host().folder() + "/other-" + volume.id;
            disk::create_qcow2(path, 1 << 24, std::nullopt, own);
            driver().attach_disk(id, volume.disk, {path, disk::Format::Qcow2, volume.id, own});
            ++done;
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(done, kGuests);
}

/// The hypervisor's own record of a guest, as it wrote it to disk.
std::string record_of(const std::string& folder, const std::string& server_id) {
    std::string found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (!entry.is_regular_file() || entry.path().extension() != ".xml") continue;
        const auto text = read_small_file(entry.path().string()).value_or("");
        if (text.find(server_id) != std::string::npos) found += text;
    }
    return found;
}

// A volume is bounded from its attachment on, and again when the guest is started later.
TEST_P(Volumes, TheBoundsOfItsQosSpecsHoldForAnAttachedVolume) {
    if (!real()) GTEST_SKIP() << "guests of the fake do no I/O";
    const auto guest = new_guest();
    spawn(guest);
    const auto volume = new_uuid();
    auto disk = volume_disk(volume);
    disk.connection_info = {{"data", json::object{{"qos_specs", json::object{{"total_bytes_sec", "1048576"},
                                                                             {"total_bytes_sec_max", "2097152"},
                                                                             {"read_iops_sec", "300"},
                                                                             {"size_iops_sec", "4096"}}}}}};
    driver().attach_disk(guest.server_id, disk, volume_file(volume));
    const auto record = record_of(host().folder(), guest.server_id);
    for (const auto* part : {"<iotune>", "<total_bytes_sec>1048576<", "<total_bytes_sec_max>2097152<",
                             "<read_iops_sec>300<", "<size_iops_sec>4096<"}) {
        EXPECT_NE(record.find(part), std::string::npos) << part << record;
    }
}

TEST_P(Volumes, AttachToAMissingGuestIsNotFound) {
    const auto volume = new_uuid();
    try {
        driver().attach_disk(new_uuid(), volume_disk(volume), volume_file(volume));
        FAIL() << "no error";
    } catch (const Error& failure) {
        EXPECT_EQ(failure.code(), ErrorCode::NotFound);
    }
}

TEST_P(Volumes, DetachOfWhatIsNotThereDoesNothing) {
    const auto guest = new_guest();
    EXPECT_NO_THROW(driver().detach_disk(guest.server_id, new_uuid()));
    spawn(guest);
    EXPECT_NO_THROW(driver().detach_disk(guest.server_id, new_uuid()));
}

// A guest without an operating system never lets go.
TEST_P(Volumes, DetachFromADeafGuestIsBusyAndChangesNothing) {
    if (!real()) GTEST_SKIP() << "guests of the fake always let go";
    const auto guest = new_guest();
    spawn(guest);
    const auto volume = new_uuid();
    driver().attach_disk(guest.server_id, volume_disk(volume), volume_file(volume));
    try {
        driver().detach_disk(guest.server_id, volume);
        FAIL() << "no error";
    } catch (const Error& failure) {
        EXPECT_EQ(failure.code(), ErrorCode::Busy);
    }
    EXPECT_EQ(volumes_of(guest.server_id), std::vector<std::string>{volume});
}

INSTANTIATE_TEST_SUITE_P(Drivers, Volumes, testing::ValuesIn(driver_names()),
                         [](const auto& driver) { return driver.param; });

}  // namespace
}  // namespace virga::test
