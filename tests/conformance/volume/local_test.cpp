// What only the local driver can show: full file system, concurrent fetch, guests with the disk open.
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include "conformance/volume/suite.hpp"
#include "disk/disk.hpp"
#include "disk/file.hpp"
#include "volume/host/drivers/local/local_driver.hpp"

namespace virga::volume::host::test {
namespace {

TEST(LocalDriver, base_cache_keeps_its_limits) {
    const Folder images("/tmp");
    const Folder folder("/tmp");
    const auto bases = [&] {
        const auto found = std::filesystem::directory_iterator(folder.at("_base"));
        return std::distance(std::filesystem::begin(found), std::filesystem::end(found));
    };
    local::LocalDriver driver({.folder = folder.path(), .cache = {.max_count = 2}});
    std::vector<std::string> ids;
    std::vector<ImageSource> sources;
    for (int i = 0; i < 4; ++i) {
        ids.push_back(new_uuid());
        sources.push_back(make_image(images, "raw", 16 + i));
        driver.create_from_image(ids[i], 1, sources[i], {});
    }
    EXPECT_EQ(bases(), 4) << "what a volume needs stays";
    for (const auto& id : ids) driver.remove(id);
    EXPECT_EQ(bases(), 2);
    const auto last = new_uuid();
    EXPECT_TRUE(driver.create_from_image(last, 1, sources[3], {}).base_hit) << "the least recently used ones went";
    driver.remove(last);
    local::LocalDriver smaller({.folder = folder.path(), .cache = {.max_bytes = 1}});
    smaller.recover();
    EXPECT_EQ(bases(), 0);
}

TEST(LocalDriver, full_file_system_gives_no_space_and_leaves_nothing) {
    const XfsMount small(300);
    const Folder images("/tmp");
    const auto raw = images.at("big.raw");
    disk::create_raw(raw, 64 << 20);
    write_pattern({raw, "raw", 1}, 0x42, "0", "64M");
    const auto qcow2 = images.at("big.qcow2");
    tool({"qemu-img", "convert", "-c", "-f", "raw", "-O", "qcow2", raw, qcow2});
    local::LocalDriver driver({.folder = small.path() + "/backend"});
    const auto kept = new_uuid();
    driver.create_from_image(kept, 1, make_image(images, "qcow2", 16), {});
    const auto filler = std::to_string(disk::free_bytes(small.path()) - (32 << 20));
    tool({"fallocate", "-l", filler, small.path() + "/filler"});
    for (const auto& [path, format] : {std::pair{raw, "raw"}, std::pair{qcow2, "qcow2"}}) {
        const auto image = source_of(path, format);
        EXPECT_EQ(code_of([&] { driver.create_from_image(new_uuid(), 1, image, {}); }), ErrorCode::NoSpace);
        EXPECT_EQ(driver.inventory().volumes, std::vector<std::string>{kept});
        EXPECT_EQ(volume_files(small.path() + "/backend").size(), 2U);
        for (const auto& entry : std::filesystem::directory_iterator(small.path() + "/backend/_base"))
            EXPECT_TRUE(entry.path().filename().string().ends_with(".raw")) << entry.path();
    }
}

// Clones that come and go leave no endless chain behind, and no data is lost when it is merged.
TEST(LocalDriver, chains_stay_short) {
    const Folder folder("/tmp");
    local::LocalDriver driver({.folder = folder.at("backend")});
    const auto id = new_uuid();
    auto file = driver.create(id, 1);
    for (int i = 1; i <= 40; ++i) {
        write_pattern(file, i, std::to_string(i) + "M", "64k");
        const auto clone = new_uuid();
        driver.clone(clone, 1, id, {});
        driver.remove(clone);
        file = driver.extend(id, 1);
    }
    EXPECT_LT(volume_files(folder.at("backend")).size(), 22U);
    for (int i = 1; i <= 40; ++i) EXPECT_TRUE(reads_as(file, i, std::to_string(i) + "M", "64k")) << i;
}

TEST(LocalDriver, concurrent_volumes_from_one_image_fetch_it_once) {
    const Folder folder("/tmp");
    local::LocalDriver driver({.folder = folder.at("backend")});
    const auto image = make_image(folder, "qcow2", 64);
    std::atomic<int> fetched{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            if (driver.create_from_image(new_uuid(), 1, image, {}).copied_bytes > 0) ++fetched;
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(fetched, 1);
    EXPECT_EQ(driver.inventory().volumes.size(), 8U);
}

TEST(LocalDriver, a_cancelled_fetch_is_taken_over_by_a_waiter) {
    const Folder folder("/tmp");
    local::LocalDriver driver({.folder = folder.at("backend")});
    const auto image = make_image(folder, "qcow2", 64);
    std::thread second;
    bool started = false;
    const Call call{[&] {
                        if (!started) {
                            started = true;
                            second = std::thread([&] { driver.create_from_image(new_uuid(), 1, image, {}); });
                        }
                        return true;
                    },
                    {}};
    EXPECT_EQ(code_of([&] { driver.create_from_image(new_uuid(), 1, image, call); }), ErrorCode::Cancelled);
    second.join();
    EXPECT_EQ(driver.inventory().volumes.size(), 1U);
}

TEST(LocalDriver, a_base_stays_while_needed_and_goes_with_its_last_user) {
    const Folder folder("/tmp");
    local::LocalDriver driver({.folder = folder.at("backend"), .cache = {.keep_seconds = 0}});
    const auto image = make_image(folder, "raw", 16);
    const auto a = new_uuid();
    const auto b = new_uuid();
    driver.create_from_image(a, 1, image, {});
    driver.create_from_image(b, 1, image, {});
    driver.remove(a);
    EXPECT_EQ(driver.inventory().hidden.size(), 1U);
    driver.remove(b);
    EXPECT_TRUE(driver.inventory().hidden.empty());
}

// QEMU locks what it writes to; without reflink such a volume can't be copied.
TEST(LocalDriver, a_running_guest_is_noticed) {
    const Folder folder("/tmp");
    local::LocalDriver driver({.folder = folder.at("backend")});
    const auto id = new_uuid();
    const auto file = driver.create(id, 1);
    const auto guest = disk::File::open_for_writing(file.path);
    struct flock lock {};
    lock.l_type = F_RDLCK;
    lock.l_start = 101;
    lock.l_len = 1;
    ASSERT_EQ(::fcntl(guest.fd(), F_OFD_SETLK, &lock), 0);
    EXPECT_EQ(code_of([&] { driver.create_snapshot(id, new_uuid()); }), ErrorCode::Conflict);
    EXPECT_EQ(code_of([&] { driver.clone(new_uuid(), 1, id, {}); }), ErrorCode::Conflict);
    EXPECT_EQ(driver.inventory().volumes.size(), 1U);
    EXPECT_TRUE(driver.inventory().snapshots.empty());
}

TEST(LocalDriver, an_unreadable_record_stops_the_cleaning) {
    const Folder folder("/tmp");
    const auto id = new_uuid();
    std::string path;
    {
        local::LocalDriver driver({.folder = folder.at("backend")});
        path = driver.create(id, 1).path;
    }
    std::ofstream(path + ".json") << "{\"id\":";
    local::LocalDriver driver({.folder = folder.at("backend")});
    driver.recover();
    EXPECT_TRUE(disk::exists(path));
}

TEST(LocalDriver, records_that_lead_out_of_the_folder_are_refused) {
    for (const std::string name : {"../x", "/etc/passwd", "_base/../x", "a/b", "", "A"}) {
        const json::object layer{{"file", name}, {"format", "raw"}};
        json::object all{{"id", "x"}, {"active", "volume-x"}};
        json::array layers;
        layers.emplace_back(layer);
        all["layers"] = layers;
        EXPECT_EQ(code_of([&] { files::Sidecar::from_text(json::serialize(all)); }), ErrorCode::Corrupt) << name;
    }
}

}  // namespace
}  // namespace virga::volume::host::test
