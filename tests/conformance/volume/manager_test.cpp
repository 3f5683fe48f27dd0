#include "volume/host/manager.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "conformance/volume/suite.hpp"
#include "disk/disk.hpp"
#include "disk/file.hpp"
#include "volume/host_commands.hpp"

namespace virga::volume::host::test {
namespace {

class ManagerTest : public ::testing::Test {
protected:
    ManagerTest() : folder_("/tmp"), manager_(config::Config(), folder_.path(), folder_.at("images"), "host") {
        manager_.recover();
        std::filesystem::create_directories(folder_.at("images"));
        disk::write_file_atomically(folder_.at("images/.store"), mark_.value);
    }
    ImageSource source(const std::string& path) const {
        ImageSource image{new_uuid(), path, "raw", "bare", 0, ""};
        image.store = mark_;
        return image;
    }
    ImageTarget target(const std::string& folder, const std::string& format, const std::string& id = new_uuid()) const {
        ImageTarget image{id, new_uuid(), folder, format, 2LL << 30};
        image.store = mark_;
        return image;
    }

    json::object run(const std::string& method, const json::object& params) {
        rpc::Command command;
        command.method = method;
        command.params = params;
        command.params["backend"] = "local";
        return manager_.run(command);
    }

    Folder folder_;
    Manager manager_;
    const StoreMark mark_{".store", std::string(64, 'm')};
};

TEST_F(ManagerTest, a_volume_from_creation_to_removal) {
    const auto id = new_uuid();
    const auto snapshot = new_uuid();
    const auto file = VolumeFile::from_json(run(command::kCreate, {{"volume_id", id}, {"size_gib", 1}}));
    EXPECT_EQ(file.path, folder_.at("volumes/volume-" + id));
    EXPECT_EQ(file.format, "raw");
    run(command::kCreateSnapshot, {{"volume_id", id}, {"snapshot_id", snapshot}});
    const auto derived = new_uuid();
    run(command::kCreateFromSnapshot,
        {{"volume_id", derived}, {"size_gib", 2}, {"source_volume_id", id}, {"snapshot_id", snapshot}});
    const auto clone = new_uuid();
    run(command::kClone, {{"volume_id", clone}, {"size_gib", 2}, {"source_volume_id", derived}});
    const json::object connector{{"host", "h"}};
    const auto info = run(command::kInitializeConnection, {{"volume_id", clone}, {"connector", connector}});
    EXPECT_EQ(get_string(info, "driver_volume_type"), "local");
    run(command::kTerminateConnection, {{"volume_id", clone}, {"connector", connector}});
    EXPECT_EQ(get_int(run(command::kExtend, {{"volume_id", clone}, {"size_gib", 3}}), "size_gib"), 3);
    const auto backends = get_array(run(command::kInventory, {}), "backends");
    EXPECT_EQ(get_array(backends.at(0).as_object(), "volumes").size(), 3U);
    EXPECT_EQ(get_array(backends.at(0).as_object(), "snapshots").size(), 1U);
    EXPECT_EQ(get_int(manager_.report().at(0).as_object(), "allocated_gib"), 6);
    EXPECT_EQ(get_int(manager_.last_report().at(0).as_object(), "allocated_gib"), 0);
    run(command::kDeleteSnapshot, {{"volume_id", id}, {"snapshot_id", snapshot}});
    for (const auto& one : {id, derived, clone}) run(command::kDelete, {{"volume_id", one}});
    EXPECT_TRUE(volume_files(folder_.at("volumes")).empty());
}

// Control may be taken over: what it says of paths and names is looked at by the host.
TEST_F(ManagerTest, no_command_leads_out_of_the_folders_of_the_host) {
    const auto id = new_uuid();
    const auto secret = folder_.at("secret");
    disk::write_file_atomically(secret, std::string(4096, 's'));
    std::filesystem::create_directories(folder_.at("images"));
    std::filesystem::create_directories(folder_.at("other"));
    std::filesystem::create_symlink(secret, folder_.at("images/link"));
    std::filesystem::create_directory_symlink(folder_.at("other"), folder_.at("images/elsewhere"));
    run(command::kCreate, {{"volume_id", id}, {"size_gib", 1}});
    const auto refused = [&](const char* method, json::object params) {
        try {
            run(method, params);
            ADD_FAILURE() << method << " " << json::serialize(params);
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::InvalidInput) << error.message();
        }
    };
    for (const auto& path : {secret, folder_.at("images/link"), folder_.at("images/../secret"),
                             std::string("/etc/passwd"), folder_.at("images") + "-other"}) {
        const auto image = source(path);
        refused(command::kCreateFromImage, {{"volume_id", new_uuid()}, {"size_gib", 1}, {"image", image.to_json()}});
        refused(command::kReimage, {{"volume_id", id}, {"image", image.to_json()}});
    }
    for (const auto& folder :
         {folder_.at("other"), folder_.at("images/elsewhere"), folder_.at("images/../other"), std::string("/etc")}) {
        const auto place = target(folder, "raw");
        refused(command::kUpload, {{"volume_id", id}, {"target", place.to_json()}});
        refused(command::kDiscardUpload, {{"volume_id", id}, {"target", place.to_json()}});
    }
    const auto place = target(folder_.at("images"), "raw", "../x");
    refused(command::kUpload, {{"volume_id", id}, {"target", place.to_json()}});
    for (const auto& file :
         {secret, std::string("../secret"), folder_.at("volumes/../secret"), std::string("_base/x")}) {
        for (const bool into_active : {true, false}) {
            const LayerMerge merge{into_active, file, file, ""};
            refused(command::kFinishMerge, {{"volume_id", id}, {"merge", merge.to_json()}});
        }
    }
    for (const auto* bad : {"../secret", "/etc/passwd", "", "x"}) refused(command::kDelete, {{"volume_id", bad}});
    EXPECT_TRUE(disk::exists(secret));
    EXPECT_TRUE(std::filesystem::is_empty(folder_.at("other")));
    run(command::kDelete, {{"volume_id", id}});
}

// The store is control's, who may put a link where the host is about to write.
TEST_F(ManagerTest, no_link_in_the_image_store_is_written_through) {
    const auto id = new_uuid();
    const auto secret = folder_.at("secret");
    disk::write_file_atomically(secret, "secret");
    std::filesystem::create_directories(folder_.at("images"));
    run(command::kCreate, {{"volume_id", id}, {"size_gib", 1}});
    const auto place = target(folder_.at("images"), "qcow2");
    std::filesystem::create_symlink(secret, place.path());
    EXPECT_THROW(run(command::kUpload, {{"volume_id", id}, {"target", place.to_json()}}), Error);
    EXPECT_EQ(disk::read_file(secret), "secret");
    std::filesystem::remove(place.path());
    std::filesystem::create_symlink(secret, place.part_path());
    run(command::kUpload, {{"volume_id", id}, {"target", place.to_json()}});
    EXPECT_EQ(disk::read_file(secret), "secret");
    EXPECT_FALSE(std::filesystem::is_symlink(place.path()));
    run(command::kDiscardUpload, {{"volume_id", id}, {"target", place.to_json()}});
    std::filesystem::remove(folder_.at("images/.store"));
    EXPECT_TRUE(std::filesystem::is_empty(folder_.at("images")));
    run(command::kDelete, {{"volume_id", id}});
}

// A folder is the store when it has its mark: neither a copy without it nor a setting makes it one.
TEST_F(ManagerTest, a_store_that_is_not_seen_is_not_read_by_its_path) {
    const auto path = folder_.at("images/image");
    disk::create_raw(path, 1 << 20);
    const auto create = [&](const StoreMark& mark) {
        auto image = source(path);
        image.store = mark;
        run(command::kCreateFromImage, {{"volume_id", image.image_id}, {"size_gib", 1}, {"image", image.to_json()}});
        run(command::kDelete, {{"volume_id", image.image_id}});
    };
    const auto code_of = [&](const StoreMark& mark) {
        try {
            create(mark);
        } catch (const Error& error) {
            return error.code();
        }
        return ErrorCode::Internal;
    };
    create(mark_);
    EXPECT_EQ(code_of({".store", std::string(64, 'n')}), ErrorCode::NotSupported) << "another store";
    EXPECT_EQ(code_of({".store", mark_.value + "m"}), ErrorCode::NotSupported);
    EXPECT_EQ(code_of({".missing", mark_.value}), ErrorCode::NotSupported);
    for (const StoreMark& bad :
         {StoreMark{}, StoreMark{".store", ""}, StoreMark{".store", "mmm"}, StoreMark{"../images/.store", mark_.value}})
        EXPECT_EQ(code_of(bad), ErrorCode::InvalidInput) << bad.file;
    std::filesystem::remove(folder_.at("images/.store"));
    EXPECT_EQ(code_of(mark_), ErrorCode::NotSupported);
    std::filesystem::create_symlink(folder_.at("mark"), folder_.at("images/.store"));
    disk::write_file_atomically(folder_.at("mark"), mark_.value);
    EXPECT_EQ(code_of(mark_), ErrorCode::NotSupported) << "a link proves nothing";
}

TEST_F(ManagerTest, a_volume_is_copied_to_another_backend) {
    config::Config config;
    config.set("volume.backends.a.path", folder_.at("a"));
    config.set("volume.backends.b.path", folder_.at("b"));
    config.set("volume.backends.b.format", "qcow2");
    Manager manager(config, folder_.path(), folder_.at("images"), "host");
    manager.recover();
    const auto id = new_uuid();
    const auto run = [&](const char* method, json::object params) {
        rpc::Command command;
        command.method = method;
        command.params = std::move(params);
        command.params["volume_id"] = id;
        command.params["size_gib"] = 1;
        return manager.run(command);
    };
    const auto source = VolumeFile::from_json(run(command::kCreate, {{"backend", "a"}}));
    write_pattern(source, 7, "5M", "64k");
    for (int i = 0; i < 2; ++i) {
        const auto reply = run(command::kCopyHere, {{"backend", "b"}, {"source_backend", "a"}});
        const auto copy = VolumeFile::from_json(reply);
        EXPECT_EQ(copy.format, "qcow2");
        EXPECT_TRUE(reads_as(copy, 7, "5M", "64k"));
    }
    EXPECT_EQ(code_of([&] {
                  run(command::kCopyHere, {{"backend", "b"}, {"source_backend", "none"}});
              }),
              ErrorCode::NotFound);
    EXPECT_EQ(code_of([&] {
                  run(command::kCopyHere, {{"backend", "b"}, {"source_backend", "b"}});
              }),
              ErrorCode::InvalidInput);
    run(command::kDelete, {{"backend", "a"}});
    run(command::kDelete, {{"backend", "b"}});
    EXPECT_EQ(code_of([&] {
                  run(command::kCopyHere, {{"backend", "b"}, {"source_backend", "a"}});
              }),
              ErrorCode::NotFound);
    for (const auto* folder : {"a", "b"}) EXPECT_TRUE(volume_files(folder_.at(folder)).empty());
}

TEST_F(ManagerTest, operations_cause_a_report_when_it_is_another_one) {
    std::mutex mutex;
    std::condition_variable told;
    int times = 0;
    manager_.start([&] {
        const std::lock_guard lock(mutex);
        ++times;
        told.notify_all();
    });
    const auto id = new_uuid();
    run(command::kCreate, {{"volume_id", id}, {"size_gib", 2}});
    {
        std::unique_lock lock(mutex);
        EXPECT_TRUE(told.wait_for(lock, std::chrono::seconds(20), [&] { return times > 0; }));
    }
    const auto report = manager_.last_report().at(0).as_object();
    EXPECT_EQ(get_int(report, "allocated_gib"), 2);
    EXPECT_TRUE(get_bool(report, "up"));
    EXPECT_EQ(get_string(report, "backend_name"), "local");
    manager_.stop();
}

TEST_F(ManagerTest, a_backend_that_cannot_be_looked_at_hides_no_other) {
    config::Config config;
    config.set("volume.backends.good.path", folder_.at("good"));
    config.set("volume.backends.lost.driver", "nfs");
    config.set("volume.backends.lost.shares", "127.0.0.1:/nonexistent/export");
    config.set("volume.backends.lost.mount_point_base", folder_.at("mnt"));
    Manager manager(config, folder_.path(), folder_.at("images"), "host");
    manager.recover();
    ASSERT_EQ(manager.last_report().size(), 2U);
    EXPECT_TRUE(get_bool(manager.last_report().at(0).as_object(), "up"));
    EXPECT_FALSE(get_bool(manager.last_report().at(1).as_object(), "up"));
    rpc::Command command;
    command.method = command::kCreate;
    command.params = {{"backend", "good"}, {"volume_id", new_uuid()}, {"size_gib", 1}};
    manager.run(command);
    command.method = command::kInventory;
    const auto backends = get_array(manager.run(command), "backends");
    EXPECT_EQ(get_array(backends.at(0).as_object(), "volumes").size(), 1U);
    EXPECT_EQ(get_array(backends.at(0).as_object(), "incomplete").size(), 0U);
    EXPECT_EQ(get_array(backends.at(1).as_object(), "incomplete").size(), 1U);
}

TEST_F(ManagerTest, nothing_but_a_uuid_becomes_a_path) {
    for (const std::string id : {"", "../../etc/passwd", "x", "/tmp/x"}) {
        EXPECT_EQ(code_of([&] {
                      run(command::kCreate, {{"volume_id", id}, {"size_gib", 1}});
                  }),
                  ErrorCode::InvalidInput);
        EXPECT_EQ(code_of([&] { run(command::kDelete, {{"volume_id", id}}); }), ErrorCode::InvalidInput);
        EXPECT_EQ(code_of([&] {
                      run(command::kCreateSnapshot, {{"volume_id", new_uuid()}, {"snapshot_id", id}});
                  }),
                  ErrorCode::InvalidInput);
    }
    EXPECT_EQ(code_of([&] {
                  run(command::kCreate, {{"volume_id", new_uuid()}, {"size_gib", 0}});
              }),
              ErrorCode::InvalidInput);
    EXPECT_EQ(code_of([&] { run("volume.nonsense", {{"volume_id", new_uuid()}}); }), ErrorCode::NotSupported);
    rpc::Command command;
    command.method = command::kDelete;
    command.params = {{"backend", "other"}, {"volume_id", new_uuid()}};
    EXPECT_EQ(code_of([&] { manager_.run(command); }), ErrorCode::NotFound);
}

TEST_F(ManagerTest, commands_on_one_volume_wait_for_each_other) {
    const auto id = new_uuid();
    run(command::kCreate, {{"volume_id", id}, {"size_gib", 1}});
    std::vector<std::thread> threads;
    std::atomic<int> done{0};
    for (int i = 0; i < 6; ++i) {
        threads.emplace_back([&, i] {
            if (i % 2 == 0)
                run(command::kClone, {{"volume_id", new_uuid()}, {"size_gib", 1}, {"source_volume_id", id}});
            else
                run(command::kCreateSnapshot, {{"volume_id", id}, {"snapshot_id", new_uuid()}});
            ++done;
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(done, 6);
    const auto backend = get_array(run(command::kInventory, {}), "backends").at(0).as_object();
    EXPECT_EQ(get_array(backend, "volumes").size(), 4U);
    EXPECT_EQ(get_array(backend, "snapshots").size(), 3U);
}

}  // namespace
}  // namespace virga::volume::host::test
