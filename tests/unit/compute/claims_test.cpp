#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>
#include <tuple>

#include "base/ids.hpp"
#include "compute/check_claims.hpp"
#include "compute/repo/allocation_repo.hpp"
#include "compute/repo/host_repo.hpp"
#include "compute/repo/server_repo.hpp"
#include "compute/service.hpp"
#include "harness/test_database.hpp"
#include "taskflow/runner.hpp"

namespace virga::compute {
namespace {

class ClaimsTest : public testing::Test {
protected:
    ClaimsTest() : path_(std::filesystem::temp_directory_path() / ("virga-claims-" + new_uuid())) {
        std::filesystem::create_directories(path_);
        place_.emplace(path_);
        db_.emplace(place_->url());
        db::migrate(*db_, taskflow::migrations());
        db::migrate(*db_, migrations());
    }
    ~ClaimsTest() override {
        db_.reset();
        place_.reset();
        std::filesystem::remove_all(path_);
    }

    void add_host(const std::string& name, const Amounts& limit, const std::string& zone = "nova") {
        HostReport report;
        report.name = name;
        report.zone = zone;
        report.total = report.limit = limit;
        db_->write_with([&](db::Transaction& tx) { repo::save_host(tx, report); });
    }
    static Server server(const std::string& id, const Amounts& amounts) {
        Server server;
        server.id = ServerId(id);
        server.flavor.vcpus = amounts.vcpus;
        server.flavor.memory_mib = amounts.memory_mib;
        server.disk_gib = amounts.disk_gib;
        return server;
    }
    bool place(const std::string& id, const std::string& host, const Amounts& amounts) {
        return db_->write_with([&](db::Transaction& tx) {
            repo::insert_server(tx, server(id, amounts));
            return repo::place_server(tx, ServerId(id), host, "nova", amounts);
        });
    }
    void exec(const std::string& sql) {
        db_->write_with([&](db::Transaction& tx) { tx.exec(sql); });
    }
    Host host(const std::string& name) {
        return db_->read_with([&](db::Transaction& tx) { return repo::find_host(tx, name).value(); });
    }
    std::vector<std::string> differences() {
        return db_->read_with([](db::Transaction& tx) { return check_claims(tx); });
    }
    std::string names_with_room(const Amounts& wanted, const std::string& zone = {}) {
        auto tx = db_->read();
        std::string names;
        for (const auto& host : repo::hosts_with_room(tx, wanted, zone, {}, 32)) names += host.name + " ";
        return names;
    }

    std::filesystem::path path_;
    std::optional<test::TestDatabase> place_;
    std::optional<db::Database> db_;
};

TEST_F(ClaimsTest, CountersFollowTheClaims) {
    add_host("h1", {8, 4096, 20});
    EXPECT_TRUE(place("a", "h1", {2, 1024, 5}));
    EXPECT_TRUE(place("b", "h1", {1, 512, 0}));
    EXPECT_EQ(host("h1").used, (Amounts{3, 1536, 5}));
    EXPECT_EQ(host("h1").servers, 2);
    db_->write_with([](db::Transaction& tx) {
        repo::unplace_server(tx, ServerId("a"), "nova");
        repo::unplace_server(tx, ServerId("a"), "nova");
        repo::delete_server(tx, ServerId("b"));
    });
    EXPECT_EQ(host("h1").used, Amounts());
    EXPECT_EQ(host("h1").servers, 0);
    EXPECT_TRUE(differences().empty());
}

TEST_F(ClaimsTest, UsageOfAProjectFollowsItsServers) {
    const auto usage = [&](const std::string& project) {
        const auto used =
            db_->read_with([&](db::Transaction& tx) { return repo::usage_of_project(tx, ProjectId(project)); });
        return std::make_tuple(used.servers, used.vcpus, used.memory_mib);
    };
    const auto add = [&](const std::string& id, const std::string& project, const Amounts& amounts) {
        auto one = server(id, amounts);
        one.project = ProjectId(project);
        db_->write_with([&](db::Transaction& tx) { repo::insert_server(tx, one); });
    };
    EXPECT_EQ(usage("p"), std::make_tuple(0, 0, 0));
    add("a", "p", {2, 1024, 5});
    add("b", "p", {1, 512, 0});
    add("c", "q", {4, 2048, 0});
    EXPECT_EQ(usage("p"), std::make_tuple(2, 3, 1536));
    EXPECT_EQ(usage("q"), std::make_tuple(1, 4, 2048));
    for (int time = 0; time < 2; ++time)
        db_->write_with([](db::Transaction& tx) { repo::delete_server(tx, ServerId("a")); });
    EXPECT_EQ(usage("p"), std::make_tuple(1, 1, 512));
    EXPECT_TRUE(differences().empty());
    exec("UPDATE project_usage SET vcpus = 2 WHERE project_id = 'p'");
    exec("DELETE FROM project_usage WHERE project_id = 'q'");
    EXPECT_EQ(differences().size(), 2U);
}

TEST_F(ClaimsTest, EachAmountIsChecked) {
    add_host("h1", {4, 1024, 10});
    EXPECT_FALSE(place("a", "h1", {5, 1, 1}));
    EXPECT_FALSE(place("b", "h1", {1, 1025, 1}));
    EXPECT_FALSE(place("c", "h1", {1, 1, 11}));
    EXPECT_FALSE(place("d", "unknown", {1, 1, 1}));
    EXPECT_TRUE(place("e", "h1", {4, 1024, 10}));
    EXPECT_EQ(host("h1").servers, 1);
    EXPECT_TRUE(differences().empty());
}

TEST_F(ClaimsTest, ServerWithoutLocalDisksFitsOnAFullDisk) {
    add_host("h1", {4, 1024, 10});
    EXPECT_TRUE(place("a", "h1", {1, 1, 10}));
    EXPECT_TRUE(place("b", "h1", {1, 1, 0}));
    add_host("h1", {4, 1024, 5});  // it has shrunk
    EXPECT_TRUE(place("c", "h1", {1, 1, 0}));
    EXPECT_EQ(names_with_room({1, 1, 0}), "h1 ");
    EXPECT_EQ(names_with_room({1, 1, 1}), "");
}

TEST_F(ClaimsTest, AServerMayHoldTwoClaims) {
    add_host("h1", {8, 4096, 20});
    add_host("h2", {8, 4096, 20});
    EXPECT_TRUE(place("a", "h1", {1, 512, 1}));
    db_->write_with([](db::Transaction& tx) {
        EXPECT_TRUE(repo::claim(tx, {ServerId("a"), "h2", ClaimRole::Incoming, {2, 1024, 2}}));
    });
    EXPECT_EQ(host("h2").used, (Amounts{2, 1024, 2}));
    EXPECT_TRUE(differences().empty());
    db_->write_with([](db::Transaction& tx) { repo::release(tx, ServerId("a"), ClaimRole::Incoming); });
    EXPECT_EQ(host("h2").used, Amounts());
    EXPECT_EQ(host("h1").used, (Amounts{1, 512, 1}));
}

TEST_F(ClaimsTest, TheLastRoomGoesToOne) {
    constexpr int kThreads = 8;
    add_host("h1", {3, 1'000'000, 1000});
    std::atomic<int> placed{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&, i] {
            if (place("s" + std::to_string(i), "h1", {1, 1, 1})) ++placed;
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(placed, 3);
    EXPECT_EQ(host("h1").used, (Amounts{3, 3, 3}));
    EXPECT_TRUE(differences().empty());
}

TEST_F(ClaimsTest, RoomIsGivenBackOnceByManyAtATime) {
    constexpr int kThreads = 6;
    add_host("h1", {100, 100'000, 1000});
    ASSERT_TRUE(place("stays", "h1", {1, 512, 1}));
    for (int round = 0; round < 5; ++round) {
        const auto id = "s" + std::to_string(round);
        ASSERT_TRUE(place(id, "h1", {2, 1024, 2}));
        std::vector<std::thread> threads;
        for (int i = 0; i < kThreads; ++i) {
            threads.emplace_back([&, i] {
                db_->write_with([&](db::Transaction& tx) {
                    if (i % 2 == 0) return repo::unplace_server(tx, ServerId(id), "nova");
                    repo::delete_server(tx, ServerId(id));
                });
            });
        }
        for (auto& thread : threads) thread.join();
        EXPECT_EQ(host("h1").used, (Amounts{1, 512, 1}));
        EXPECT_EQ(host("h1").servers, 1);
    }
    EXPECT_TRUE(differences().empty());
}

TEST_F(ClaimsTest, AHostIsMadeOnceByManyAtATime) {
    constexpr int kThreads = 6;
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&, i] {
            add_host("shared", {8, 4096, 20});
            add_host("own" + std::to_string(i), {8, 4096, 20});
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(db_->read_with([](db::Transaction& tx) { return repo::all_hosts(tx); }).size(), kThreads + 1U);
}

TEST_F(ClaimsTest, WhatAHostSaysLeavesItsCounters) {
    add_host("h1", {8, 4096, 20});
    ASSERT_TRUE(place("a", "h1", {2, 1024, 5}));
    add_host("h1", {4, 2048, 10}, "west");
    EXPECT_EQ(host("h1").used, (Amounts{2, 1024, 5}));
    EXPECT_EQ(host("h1").limit, (Amounts{4, 2048, 10}));
    EXPECT_EQ(host("h1").zone, "west");
    EXPECT_TRUE(differences().empty());
}

TEST_F(ClaimsTest, HostsWithRoomComeByFreeMemory) {
    add_host("full", {8, 100, 20});
    add_host("small", {8, 1000, 20});
    add_host("large", {8, 4000, 20});
    add_host("alike", {8, 4000, 20});
    add_host("slow", {1, 9000, 20});
    add_host("west", {8, 5000, 20}, "west");
    add_host("gone", {8, 8000, 20});
    db_->write_with([](db::Transaction& tx) { repo::set_host_up(tx, "gone", false); });
    EXPECT_EQ(names_with_room({2, 512, 1}), "west alike large small ");
    EXPECT_EQ(names_with_room({2, 512, 1}, "nova"), "alike large small ");
    auto tx = db_->read();
    const auto next = repo::hosts_with_room(tx, {2, 512, 1}, {}, repo::HostMarker{4000, "alike"}, 1);
    ASSERT_EQ(next.size(), 1U);
    EXPECT_EQ(next.front().name, "large");
}

TEST_F(ClaimsTest, CheckTellsEachDifference) {
    add_host("h1", {8, 4096, 20});
    add_host("h2", {8, 4096, 20});
    for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(place(id, "h1", {1, 512, 1}));
    const auto only = [&](const std::string& text) {
        const auto found = differences();
        ASSERT_EQ(found.size(), 1U) << (found.empty() ? "" : found.back());
        EXPECT_EQ(found.front(), text);
    };
    exec("UPDATE hosts SET used_vcpus = 4 WHERE name = 'h1'");
    only(
        "host h1: counts 3 claims of 4 VCPUs, 1536 MiB RAM, 3 GiB disk, but there are 3 of 3 VCPUs, 1536 MiB RAM, "
        "3 GiB disk");
    exec("UPDATE hosts SET used_vcpus = 3 WHERE name = 'h1'");
    exec("UPDATE servers SET host = 'h2' WHERE id = 'a'");
    only("server a: is on host h2, but claims room on host h1");
    exec("UPDATE servers SET host = '' WHERE id = 'a'");
    only("server a: is on no host, but claims room on host h1");
    exec("UPDATE servers SET host = 'h1' WHERE id = 'a'");
    exec("UPDATE servers SET disk_gib = 2 WHERE id = 'b'");
    only(
        "server b: claims 1 VCPUs, 512 MiB RAM, 1 GiB disk on host h1, but is to have 1 VCPUs, 512 MiB RAM, 2 GiB "
        "disk");
    exec("UPDATE servers SET disk_gib = 1 WHERE id = 'b'");
    db_->write_with([](db::Transaction& tx) { repo::release(tx, ServerId("c"), ClaimRole::Current); });
    only("server c: is on host h1 without a claim there");
    exec("DELETE FROM servers WHERE id = 'c'");
    only("project : what its servers take of its quotas is counted wrong");
    const std::string take_one = "UPDATE project_usage SET servers = servers - 1, vcpus = vcpus - 1, ";
    exec(take_one + "memory_mib = memory_mib - 512");
    EXPECT_TRUE(differences().empty());
    exec("DELETE FROM servers WHERE id = 'b'");
    exec(take_one + "memory_mib = memory_mib - 512");
    only(
        "server b: its claim on host h1 (1 VCPUs, 512 MiB RAM, 1 GiB disk) is of a server or a host that doesn't "
        "exist");
}

TEST(LocalDisk, CountsWhatTheDevicesSay) {
    const auto device = [](const std::string& source, const std::string& destination, const std::string& format,
                           std::optional<std::int64_t> size) {
        BlockDevice made;
        made.kind = kind_of({source, destination, format, {}, {}, size, {}});
        return made;
    };
    Flavor flavor;
    flavor.root_gib = 20;
    flavor.ephemeral_gib = 10;
    flavor.swap_mib = 1500;
    EXPECT_EQ(local_disk_gib(flavor, {}), 0);
    EXPECT_EQ(local_disk_gib(flavor, {device("image", "local", "", {})}), 20);
    EXPECT_EQ(local_disk_gib(flavor, {device("image", "volume", "", 5)}), 0);
    EXPECT_EQ(local_disk_gib(flavor, {device("blank", "local", "", {})}), 10);
    EXPECT_EQ(local_disk_gib(flavor, {device("blank", "local", "ext4", 3), device("blank", "local", "ext4", 4)}), 7);
    EXPECT_EQ(local_disk_gib(flavor, {device("blank", "local", "swap", {})}), 2);
    EXPECT_EQ(local_disk_gib(flavor, {device("blank", "local", "swap", 512)}), 1);
}

/// A database of before there were claims, with servers in it.
class ClaimsMigration : public testing::Test {
protected:
    ClaimsMigration() : path_(std::filesystem::temp_directory_path() / ("virga-claims-" + new_uuid())) {
        std::filesystem::create_directories(path_);
        place_.emplace(path_);
        db_.emplace(place_->url());
        constexpr std::ptrdiff_t kBefore = 4;
        db::migrate(*db_, taskflow::migrations());
        db::migrate(*db_, {migrations().begin(), migrations().begin() + kBefore});
    }
    ~ClaimsMigration() override {
        db_.reset();
        place_.reset();
        std::filesystem::remove_all(path_);
    }

    void add(const std::string& id, const std::string& host, std::int64_t memory, const std::string& vm_state,
             const std::string& task_state = {}) {
        db_->write_with([&](db::Transaction& tx) {
            tx.exec(
                "INSERT INTO servers (id, name, description, hostname, project_id, user_id, vm_state, task_state,"
                " power_state, image_id, flavor_id, flavor, vcpus, memory_mib, disk_gib, key_name, host,"
                " availability_zone, root_device_name, user_data, admin_password, reservation_id, metadata, tags,"
                " security_groups, config_drive, locked, locked_reason, launch_index, access_ip_v4, access_ip_v6,"
                " disk_config, fault, created_us, updated_us, launched_us, terminated_us) VALUES (?, 'n', '', '',"
                " 'p', 'u', ?, ?, 1, 'i', '1', ?, 1, ?, 7, '', ?, 'nova', '', '', '', '', '{}', '[]',"
                " '[]', 0, 0, '', 0, '', '', 'MANUAL', '', 5, 5, 5, 0)",
                {id, vm_state, task_state, json::serialize(Flavor{"1", "f", 1, memory}.to_json()), memory, host});
        });
    }
    void update() { db::migrate(*db_, migrations()); }
    std::vector<std::string> differences() {
        return db_->read_with([](db::Transaction& tx) { return check_claims(tx); });
    }

    std::filesystem::path path_;
    std::optional<test::TestDatabase> place_;
    std::optional<db::Database> db_;
};

TEST_F(ClaimsMigration, ServersOfAnOldDatabaseHoldWhatTheyHeld) {
    add("running", "h2", 512, "active");
    add("stopped", "h1", 1024, "stopped");
    add("failed", "", 4096, "error");
    add("waits", "", 4096, "building", "scheduling");
    add("starts", "h2", 2048, "building", "spawning");
    add("ends", "h1", 256, "active", "deleting");
    db_->write_with(
        [](db::Transaction& tx) { tx.exec("INSERT INTO deleted_servers SELECT * FROM servers WHERE id = 'running'"); });
    update();
    auto tx = db_->read();
    const auto hosts = repo::all_hosts(tx);
    ASSERT_EQ(hosts.size(), 2U);
    EXPECT_EQ(hosts[0].name, "h1");
    EXPECT_EQ(hosts[0].used, (Amounts{2, 1280, 14}));
    EXPECT_EQ(hosts[1].used, (Amounts{2, 2560, 14}));
    EXPECT_EQ(hosts[1].servers, 2);
    EXPECT_FALSE(hosts[1].up);
    for (const char* id : {"running", "stopped", "starts", "ends"})
        EXPECT_EQ(repo::allocations_of_server(tx, ServerId(id)).size(), 1U) << id;
    for (const char* id : {"failed", "waits"}) EXPECT_TRUE(repo::allocations_of_server(tx, ServerId(id)).empty()) << id;
    EXPECT_EQ(repo::usage_of_project(tx, ProjectId("p")).servers, 6);
    EXPECT_TRUE(check_claims(tx).empty());
}

TEST_F(ClaimsMigration, WhatAnOldDatabaseHeldIsGivenBackOnce) {
    add("running", "h1", 512, "active");
    add("starts", "h1", 2048, "building", "spawning");
    update();
    HostReport report;
    report.name = "h1";
    report.zone = "nova";
    report.total = report.limit = {2, 4096, 100};
    db_->write_with([&](db::Transaction& tx) {
        repo::save_host(tx, report);
        EXPECT_FALSE(repo::claim(tx, {ServerId("new"), "h1", ClaimRole::Current, {1, 1, 1}}));
        repo::unplace_server(tx, ServerId("starts"), "nova");
        repo::delete_server(tx, ServerId("running"));
        EXPECT_EQ(repo::find_host(tx, "h1").value().used, Amounts());
        EXPECT_EQ(repo::find_host(tx, "h1").value().limit, report.limit);
    });
    EXPECT_TRUE(differences().empty());
}

TEST_F(ClaimsMigration, AnEmptyDatabaseHasNoHosts) {
    update();
    EXPECT_TRUE(db_->read_with([](db::Transaction& tx) { return repo::all_hosts(tx); }).empty());
}

}  // namespace
}  // namespace virga::compute
