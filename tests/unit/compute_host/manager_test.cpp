#include <gtest/gtest.h>

#include <filesystem>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/small_file.hpp"
#include "unit/compute_host/fake_host.hpp"

namespace virga::test {
namespace {

namespace command = compute::command;
constexpr int kRunning = 1;
constexpr int kShutdown = 4;

class ManagerTest : public testing::Test {
protected:
    ManagerTest() {
        compute::GuestDisk root;
        root.kind = "root";
        root.device_name = "/dev/vda";
        root.boot_index = 0;
        root.file = compute::DiskName::root();
        guest.server_id = new_uuid();
        guest.memory_mib = 64;
        guest.disks.push_back(root);
        network::Nic nic;
        nic.tap = "tap12345678-12";
        nic.bridge = "vbr12345678-12";
        guest.nics.push_back(nic);
    }

    json::object image() {
        ImageSource source;
        source.image_id = image_id;
        source.path = folder / "images/" + image_id;
        source.size_bytes = 1024;
        std::filesystem::create_directories(folder / "images");
        write_small_file(source.path, std::string(1024, 'x'));
        source.store = {".store", std::string(64, 'm')};
        write_small_file(folder / "images/.store", source.store.value);
        return source.to_json();
    }
    json::object disks_request() {
        json::array disks;
        disks.push_back(guest.disks[0].to_json());
        return {{"server_id", guest.server_id},
                {"image_id", image_id},
                {"root_size_mib", 1024},
                {"disks", std::move(disks)}};
    }
    void prepare(FakeHost& host) {
        host.call(command::kFetchImage, {{"image", image()}, {"max_virtual_size_bytes", 0}});
        host.call(command::kCreateDisks, disks_request());
    }
    json::object spawn(FakeHost& host) { return host.call(command::kSpawn, {{"guest", guest.to_json()}}); }
    json::object by_id() { return {{"server_id", guest.server_id}}; }
    ErrorCode code_of(FakeHost& host, const char* method, json::object params) {
        try {
            host.call(method, std::move(params));
        } catch (const Error& failure) {
            return failure.code();
        }
        ADD_FAILURE() << method << " gave no error";
        return ErrorCode::Internal;
    }

    TempFolder folder;
    compute::GuestSpec guest;
    std::string image_id = new_uuid();
};

TEST_F(ManagerTest, BootsAndDestroys) {
    FakeHost host(folder.path());
    prepare(host);
    const auto reply = spawn(host);
    EXPECT_EQ(reply.at("power_state").as_int64(), kRunning);
    EXPECT_FALSE(reply.at("already_running").as_bool());
    EXPECT_EQ(host.taps().inventory(), std::vector<std::string>{"tap12345678-12"});
    ASSERT_FALSE(host.events.empty());
    EXPECT_EQ(host.events[0].first, compute::kGuestChangedEvent);
    EXPECT_EQ(host.events[0].second.at("server_id").as_string(), guest.server_id);

    const json::object no_nics{{"server_id", guest.server_id}, {"nics", json::array()}};
    for (int i = 0; i < 2; ++i) {
        host.call(command::kDestroyGuest, no_nics);
        EXPECT_FALSE(host.call(command::kServerState, by_id()).at("exists").as_bool());
        EXPECT_TRUE(host.taps().inventory().empty()) << "the recorded taps go too";
        EXPECT_TRUE(std::filesystem::exists(folder / "instances/" + guest.server_id + "/disk")) << "its files stay";
    }
    spawn(host);
    host.call(command::kDestroyGuest, no_nics);
    for (int i = 0; i < 2; ++i) {
        host.call(command::kRemoveServerFiles, by_id());
        EXPECT_FALSE(std::filesystem::exists(folder / "instances/" + guest.server_id));
    }
}

TEST_F(ManagerTest, FilesAreNotRemovedUnderAGuest) {
    FakeHost host(folder.path());
    prepare(host);
    spawn(host);
    host.call(command::kRemoveServerFiles, by_id());
    EXPECT_FALSE(host.call(command::kServerState, by_id()).at("exists").as_bool());
    EXPECT_TRUE(host.taps().inventory().empty());
    EXPECT_FALSE(std::filesystem::exists(folder / "instances/" + guest.server_id));
}

TEST_F(ManagerTest, InventoryTellsWhichTapsGuestsWereStartedWith) {
    FakeHost host(folder.path());
    prepare(host);
    EXPECT_TRUE(host.call(command::kInventory, {}).at("taps").as_object().empty());
    spawn(host);
    const auto taps = host.call(command::kInventory, {}).at("taps").as_object();
    EXPECT_EQ(json::serialize(taps.at(guest.server_id)), "[\"tap12345678-12\"]");
}

TEST_F(ManagerTest, EveryStepMayBeRepeated) {
    FakeHost host(folder.path());
    prepare(host);
    EXPECT_TRUE(host.call(command::kFetchImage, {{"image", image()}}).at("cache_hit").as_bool());
    EXPECT_EQ(host.call(command::kCreateDisks, disks_request()).at("disks").as_array().size(), 1u);
    spawn(host);
    EXPECT_TRUE(spawn(host).at("already_running").as_bool());
}

TEST_F(ManagerTest, ALostReplyIsMadeGoodByARepeat) {
    FakeHost host(folder.path(), "lose spawn");
    prepare(host);
    EXPECT_EQ(code_of(host, command::kSpawn, {{"guest", guest.to_json()}}), ErrorCode::Unavailable);
    EXPECT_TRUE(spawn(host).at("already_running").as_bool());
}

TEST_F(ManagerTest, NextProcessFindsGuestsAndDisks) {
    {
        FakeHost host(folder.path());
        prepare(host);
        spawn(host);
    }
    FakeHost host(folder.path());
    EXPECT_TRUE(host.call(command::kServerState, by_id()).at("exists").as_bool());
    EXPECT_TRUE(spawn(host).at("already_running").as_bool());
    const auto inventory = host.call(command::kInventory, {});
    EXPECT_EQ(inventory.at("servers").as_array().size(), 1u);
    EXPECT_EQ(inventory.at("folders").as_array().size(), 1u);
    EXPECT_EQ(inventory.at("bases").as_array().size(), 1u);
}

TEST_F(ManagerTest, MissingBaseAndMissingDiskAreNotFound) {
    FakeHost host(folder.path());
    EXPECT_EQ(code_of(host, command::kCreateDisks, disks_request()), ErrorCode::NotFound);
    EXPECT_EQ(code_of(host, command::kSpawn, {{"guest", guest.to_json()}}), ErrorCode::NotFound);
}

TEST_F(ManagerTest, IdsAndNamesNeverBecomeForeignPaths) {
    FakeHost host(folder.path());
    EXPECT_EQ(code_of(host, command::kDestroyGuest, {{"server_id", "../../etc"}}), ErrorCode::InvalidInput);
    EXPECT_EQ(code_of(host, command::kConsoleOutput, {{"server_id", "/etc"}}), ErrorCode::InvalidInput);
    EXPECT_EQ(code_of(host, command::kRemoveServerFiles, {{"server_id", "../../etc"}}), ErrorCode::InvalidInput);
    for (const auto* name : {"../../../etc/passwd", "disk.eph", "disk.eph1234", "disk.rescue/", "console.log", ""}) {
        auto request = disks_request();
        request["disks"].as_array()[0].as_object()["file"] = name;
        EXPECT_EQ(code_of(host, command::kCreateDisks, request), ErrorCode::InvalidInput) << name;
    }
}

TEST_F(ManagerTest, AServersDisksHaveTheNamesThatItsFlowGives) {
    FakeHost host(folder.path());
    prepare(host);
    for (const auto& name : {compute::DiskName::rescue(), compute::DiskName::ephemeral(12)}) {
        guest.disks[0].file = name;
        host.call(command::kCreateDisks, disks_request());
        EXPECT_TRUE(std::filesystem::exists(folder / "instances/" + guest.server_id + "/" + name.text()));
    }
    EXPECT_TRUE(std::filesystem::exists(folder / "instances/" + guest.server_id + "/disk")) << "beside the others";
}

TEST_F(ManagerTest, PowerCycle) {
    FakeHost host(folder.path());
    prepare(host);
    spawn(host);
    auto off = by_id();
    off["timeout_s"] = 5;
    EXPECT_EQ(host.call(command::kPowerOff, off).at("power_state").as_int64(), kShutdown);
    EXPECT_EQ(host.call(command::kPowerOn, {{"guest", guest.to_json()}}).at("power_state").as_int64(), kRunning);
    EXPECT_EQ(host.call(command::kReboot, {{"guest", guest.to_json()}, {"type", "SOFT"}}).at("power_state").as_int64(),
              kRunning);
}

TEST_F(ManagerTest, AttachesAndDetachesVolumes) {
    FakeHost host(folder.path());
    prepare(host);
    spawn(host);
    compute::GuestDisk disk;
    disk.kind = "volume";
    disk.device_name = "/dev/vdb";
    disk.volume_id = new_uuid();
    auto attach = by_id();
    attach["disk"] = disk.to_json();
    EXPECT_EQ(code_of(host, command::kAttachDisk, attach), ErrorCode::InvalidInput) << "no path, no format";
    disk.connection_info = {{"data", json::object{{"path", folder / "volumes/v"}, {"format", "vmdk"}}}};
    attach["disk"] = disk.to_json();
    EXPECT_EQ(code_of(host, command::kAttachDisk, attach), ErrorCode::InvalidInput) << "no guest gets this format";
    disk.connection_info = {{"data", json::object{{"path", folder / "volumes/v"}, {"format", "raw"}}}};
    attach["disk"] = disk.to_json();
    host.call(command::kAttachDisk, attach);
    const auto volumes = [&] {
        return host.call(command::kInventory, {}).at("servers").at(0).at("volumes").as_array().size();
    };
    EXPECT_EQ(volumes(), 1u);
    host.call(command::kDetachDisk, {{"server_id", guest.server_id}, {"volume_id", disk.volume_id}});
    EXPECT_EQ(volumes(), 0u);
}

TEST_F(ManagerTest, NoPathOfACommandLeadsOutOfTheFoldersOfTheHost) {
    FakeHost host(folder.path());
    prepare(host);
    spawn(host);
    const auto secret = folder / "secret";
    write_small_file(secret, "secret");
    std::filesystem::create_directories(folder / "volumes");
    std::filesystem::create_symlink(secret, folder / "volumes/link");
    std::filesystem::create_symlink(secret, folder / "images/link");
    std::filesystem::create_directory_symlink(folder.path(), folder / "volumes/up");
    const auto refused = [&](const char* method, json::object params) {
        params["server_id"] = guest.server_id;
        EXPECT_EQ(code_of(host, method, params), ErrorCode::InvalidInput) << method << json::serialize(params);
    };
    for (const auto& path :
         {secret, std::string("/etc/shadow"), folder / "volumes/link", folder / "volumes/../secret",
          folder / "volumes/up/secret", folder / "volumesecret", std::string("volumes/x"), std::string()}) {
        compute::GuestDisk disk;
        disk.kind = "volume";
        disk.volume_id = new_uuid();
        disk.connection_info = {{"data", json::object{{"path", path}, {"format", "raw"}}}};
        refused(command::kAttachDisk, {{"disk", disk.to_json()}});
        refused(command::kMirrorDisk, {{"disk", disk.to_json()}});
        refused(command::kPivotDisk, {{"disk", disk.to_json()}});
        auto with_disk = guest;
        with_disk.disks.push_back(disk);
        for (const auto* method : {command::kSpawn, command::kPowerOn, command::kReboot})
            refused(method, {{"guest", with_disk.to_json()}});
        const auto file = json::object{{"path", path}, {"format", "qcow2"}};
        refused(command::kSnapshotDisk, {{"volume_id", disk.volume_id}, {"file", file}});
        const auto good = folder / "volumes/good";
        refused(command::kCommitDisk, {{"volume_id", disk.volume_id}, {"upper", path}, {"lower", good}});
        refused(command::kCommitDisk, {{"volume_id", disk.volume_id}, {"upper", good}, {"lower", path}});
        refused(command::kPullDisk, {{"volume_id", disk.volume_id}, {"lower", path}, {"below", good}});
        if (!path.empty())
            refused(command::kPullDisk, {{"volume_id", disk.volume_id}, {"lower", good}, {"below", path}});
    }
    for (const auto& path : {secret, folder / "images/link", folder / "images/../secret", std::string("/etc/shadow")}) {
        auto source = image();
        source["path"] = path;
        refused(command::kFetchImage, {{"image", source}});
    }
    auto source = image();
    source["image_id"] = "../../x";
    refused(command::kFetchImage, {{"image", source}});
    refused(command::kDetachDisk, {{"volume_id", "../x"}});
}

TEST_F(ManagerTest, OnlySharesAreMountedAndOnlyWhereTheHostMounts) {
    FakeHost host(folder.path());
    compute::GuestDisk disk;
    disk.kind = "volume";
    disk.volume_id = new_uuid();
    const auto refused = [&](const std::string& base, const std::string& source, const std::string& options) {
        const json::object data{{"export", source}, {"options", options}, {"name", "volume-1"}, {"format", "raw"}};
        disk.connection_info = {{"driver_volume_type", "nfs"}, {"mount_point_base", base}, {"data", data}};
        auto attach = by_id();
        attach["disk"] = disk.to_json();
        EXPECT_EQ(code_of(host, command::kAttachDisk, attach), ErrorCode::InvalidInput) << base << source << options;
    };
    refused("/etc", "server:/export", "");
    refused(folder / "mnt/../..", "server:/export", "");
    refused(folder / "mnt", "--bind", "");
    refused(folder / "mnt", "/etc", "");
    refused(folder / "mnt", "server:/export", "log-file=/etc/cron.d/x");
}

TEST_F(ManagerTest, ConsoleOutputIsTheEndOfTheLog) {
    FakeHost host(folder.path());
    prepare(host);
    write_small_file(folder / "instances/" + guest.server_id + "/console.log", std::string(2'000'000, 'a') + "end");
    auto ask = by_id();
    ask["max_bytes"] = 3;
    std::string text;
    EXPECT_TRUE(base64_decode(host.call(command::kConsoleOutput, ask).at("output").as_string(), text));
    EXPECT_EQ(text, "end");
    ask["max_bytes"] = 0;
    EXPECT_TRUE(base64_decode(host.call(command::kConsoleOutput, ask).at("output").as_string(), text));
    EXPECT_EQ(text.size(), 1024u * 1024);
    EXPECT_EQ(host.call(command::kConsoleOutput, {{"server_id", new_uuid()}}).at("output").as_string(), "");
}

TEST_F(ManagerTest, ReportsItself) {
    FakeHost host(folder.path());
    const auto report = host.manager().report();
    for (const auto* key : {"vcpus", "memory_mib", "disk_gib", "free_disk_gib"})
        EXPECT_GT(report.at(key).as_int64(), 0) << key;
    EXPECT_EQ(report.at("hypervisor_type").as_string(), "fake");
    EXPECT_EQ(report.at("zone").as_string(), "nova");
}

}  // namespace
}  // namespace virga::test
