// What only drivers on shares can show: choice among shares, shares that die, records that others wrote.
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "conformance/volume/keyed_driver.hpp"
#include "conformance/volume/shares.hpp"
#include "conformance/volume/suite.hpp"
#include "disk/disk.hpp"
#include "disk/file.hpp"
#include "disk/share_mount.hpp"
#include "volume/host/drivers/registry.hpp"

namespace virga::volume::host::test {
namespace {

/// Exports of given sizes, as file systems of their own.
class NfsShares : public ::testing::Test {
protected:
    NfsShares() : folder_(nfs_root()), images_(kScratch) {}
    ~NfsShares() override {
        driver_.reset();
        for (const auto& share : shares_) unmount(share);
        for (const auto& share : shares_) ::umount2(export_of(share).c_str(), MNT_DETACH);
    }

    static std::string export_of(const std::string& share) { return share.substr(share.find(':') + 1); }
    void add_share(const std::string& name, int mib) {
        const auto path = folder_.at(name);
        std::filesystem::create_directory(path);
        tool({"mount", "-t", "tmpfs", "-o", "size=" + std::to_string(mib) + "m", "virga-export", path});
        shares_.push_back("127.0.0.1:" + path);
    }
    void open() {
        driver_.reset();
        BackendConfig config;
        config.name = "nfs";
        config.driver = "nfs";
        config.shares = shares_;
        config.mount_point_base = kMountBase;
        config.max_over_subscription_ratio = ratio_;
        driver_ = make_driver(config);
        driver_->recover();
    }
    /// The export goes away: its mount too, and no new one succeeds.
    void lose(std::size_t n) {
        unmount(shares_[n]);
        std::filesystem::create_directory(export_of(shares_[n]) + "-away");
        tool({"mount", "--move", export_of(shares_[n]), export_of(shares_[n]) + "-away"});
        std::filesystem::remove(export_of(shares_[n]));
    }
    void bring_back(std::size_t n) {
        std::filesystem::create_directory(export_of(shares_[n]));
        tool({"mount", "--move", export_of(shares_[n]) + "-away", export_of(shares_[n])});
        std::filesystem::remove(export_of(shares_[n]) + "-away");
    }
    /// Which share has the volume's file, and nothing but that one.
    std::string share_with(const std::string& id) {
        std::string found;
        for (const auto& share : shares_) {
            if (!disk::exists(export_of(share) + "/volume-" + id)) continue;
            EXPECT_EQ(found, "") << "on two shares";
            found = share;
        }
        return found;
    }
    std::string make(std::int64_t size_gib) {
        const auto id = new_uuid();
        driver_->create(id, size_gib);
        return id;
    }
    VolumeFile look(const std::string& id) {
        const auto info = driver_->initialize_connection(id, "h");
        driver_->terminate_connection(id, "h");
        return VolumeFile::from_json(get_object(info, "data"));
    }

    Folder folder_;
    Folder images_;
    double ratio_ = 1.0;
    std::vector<std::string> shares_;
    std::unique_ptr<Driver> driver_;
};

TEST_F(NfsShares, new_volumes_go_where_most_is_free_and_fits) {
    add_share("a", 2100);
    add_share("b", 3200);
    open();
    const auto first = make(2);
    EXPECT_EQ(share_with(first), shares_[1]);
    const auto second = make(2);  // b has promised too much by now
    EXPECT_EQ(share_with(second), shares_[0]);
    EXPECT_EQ(share_with(make(1)), shares_[1]);
    EXPECT_EQ(code_of([&] { make(1); }), ErrorCode::NoSpace);
    EXPECT_EQ(driver_->inventory().volumes.size(), 3U);
    EXPECT_EQ(driver_->inventory().allocated_gib, 5);
}

TEST_F(NfsShares, parallel_creates_do_not_promise_the_same_room_twice) {
    add_share("a", 3100);
    open();
    std::atomic<int> made{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            try {
                make(1);
                ++made;
            } catch (const Error& e) {
                EXPECT_EQ(e.code(), ErrorCode::NoSpace) << e.what();
            }
        });
    }
    for (auto& thread : threads) thread.join();
    // One that was being recorded may have counted twice: there is room for it afterwards.
    EXPECT_LE(made, 3);
    while (made < 3) {
        make(1);
        ++made;
    }
    EXPECT_EQ(driver_->inventory().volumes.size(), 3U);
    EXPECT_THROW(make(1), Error);
}

TEST_F(NfsShares, what_is_copied_to_another_share_stays_encrypted) {
    add_share("a", 2200);
    add_share("b", 2300);
    open();
    const auto source = new_uuid();
    const auto copy = new_uuid();
    const KeyRing::Held of_source(driver_->keys(), source, test_key());
    const KeyRing::Held of_copy(driver_->keys(), copy, test_key());
    driver_->create(source, 2);
    write_pattern(look(source), 0x5e, "1M", "64k");
    driver_->clone(copy, 2, source, {});
    EXPECT_NE(share_with(copy), share_with(source));
    EXPECT_TRUE(reads_as(look(copy), 0x5e, "1M", "64k"));
    EXPECT_EQ(look(copy).encryption, kLuks);
    EXPECT_EQ(disk::read_file(look(copy).path).find(std::string(64, 0x5e)), std::string::npos);
    for (const auto& id : {copy, source}) driver_->remove(id);
}

TEST_F(NfsShares, what_is_made_from_something_goes_beside_it_or_is_copied) {
    add_share("a", 2200);
    add_share("b", 3300);
    open();
    const auto image = make_image(images_, "qcow2", 16);
    const auto source = new_uuid();
    driver_->create_from_image(source, 1, image, {});
    EXPECT_EQ(share_with(source), shares_[1]);
    write_pattern(look(source), 0x21, "8M", "64k");
    const auto snapshot = new_uuid();
    driver_->create_snapshot(source, snapshot);
    write_pattern(look(source), 0x22, "8M", "64k");
    const auto near = new_uuid();
    EXPECT_EQ(driver_->create_from_snapshot(near, 1, source, snapshot, {}).copied_bytes, 0);
    EXPECT_EQ(share_with(near), shares_[1]);
    const auto near_clone = new_uuid();
    EXPECT_EQ(driver_->clone(near_clone, 1, source, {}).copied_bytes, 0);
    EXPECT_EQ(share_with(near_clone), shares_[1]);
    // Now b is full of promises.
    const auto far = new_uuid();
    EXPECT_GT(driver_->create_from_snapshot(far, 1, source, snapshot, {}).copied_bytes, 0);
    EXPECT_EQ(share_with(far), shares_[0]);
    const auto far_clone = new_uuid();
    EXPECT_GT(driver_->clone(far_clone, 1, source, {}).copied_bytes, 0);
    EXPECT_EQ(share_with(far_clone), shares_[0]);
    EXPECT_EQ(driver_->clone(far_clone, 1, source, {}).file.path, look(far_clone).path);
    for (const auto& id : {near, far}) EXPECT_TRUE(reads_as(look(id), 0x21, "8M", "64k"));
    for (const auto& id : {near_clone, far_clone}) EXPECT_TRUE(reads_as(look(id), 0x22, "8M", "64k"));
    for (const auto& id : {far, far_clone}) EXPECT_TRUE(reads_as(look(id), 0x11, "0", "64k"));
    driver_->delete_snapshot(source, snapshot);
    for (const auto& id : {near, near_clone, source}) driver_->remove(id);
    for (const auto& id : {far, far_clone}) EXPECT_TRUE(reads_as(look(id), 0x11, "983040", "64k"));
}

TEST_F(NfsShares, a_share_that_is_away_hides_nothing_else_and_is_not_an_empty_one) {
    add_share("a", 2200);
    add_share("b", 1200);
    ratio_ = 20;
    open();
    const auto on_a = make(1);
    ASSERT_EQ(share_with(on_a), shares_[0]);
    lose(0);
    open();  // as after a restart: nothing is known of a
    const auto found = driver_->inventory();
    EXPECT_TRUE(found.volumes.empty());
    ASSERT_EQ(found.incomplete.size(), 1U);
    EXPECT_NE(found.incomplete[0].find(shares_[0]), std::string::npos) << found.incomplete[0];
    const auto on_b = make(1);
    EXPECT_EQ(share_with(on_b), shares_[1]);
    EXPECT_EQ(code_of([&] { look(on_a); }), ErrorCode::Unavailable);
    EXPECT_EQ(code_of([&] { driver_->remove(on_a); }), ErrorCode::Unavailable);
    EXPECT_EQ(code_of([&] { driver_->delete_snapshot(on_a, new_uuid()); }), ErrorCode::Unavailable);
    EXPECT_EQ(code_of([&] { driver_->terminate_connection(on_a, "h"); }), ErrorCode::Unavailable);
    EXPECT_EQ(look(on_b).size_gib, 1);
    bring_back(0);
    open();
    EXPECT_TRUE(driver_->inventory().incomplete.empty());
    EXPECT_EQ(driver_->inventory().volumes.size(), 2U);
    EXPECT_EQ(look(on_a).size_gib, 1);
    driver_->remove(on_a);
    EXPECT_EQ(share_with(on_a), "");
}

TEST_F(NfsShares, no_mounted_share_is_a_clear_error) {
    add_share("a", 1200);
    lose(0);
    open();
    try {
        make(1);
        FAIL() << "nothing was thrown";
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ErrorCode::Unavailable);
        EXPECT_NE(e.message().find("No share of the backend is mounted"), std::string::npos) << e.message();
    }
    bring_back(0);
    open();
    EXPECT_EQ(share_with(make(1)), shares_[0]);
}

// The operator unmounts a share in the middle: nothing may land in the folder beneath.
TEST_F(NfsShares, unmounted_under_the_program) {
    add_share("a", 1200);
    open();
    const auto id = make(1);
    unmount(shares_[0]);
    EXPECT_EQ(look(id).size_gib, 1);  // mounted anew at once
    lose(0);
    EXPECT_EQ(code_of([&] { look(id); }), ErrorCode::Unavailable);
    EXPECT_EQ(code_of([&] { driver_->create_snapshot(id, new_uuid()); }), ErrorCode::Unavailable);
    EXPECT_EQ(code_of([&] { make(1); }), ErrorCode::Unavailable);
    EXPECT_TRUE(std::filesystem::is_empty(mount_point_of_share(shares_[0])));
    bring_back(0);
    open();
    EXPECT_EQ(driver_->inventory().volumes, std::vector<std::string>{id});
    EXPECT_TRUE(driver_->inventory().snapshots.empty());
}

TEST_F(NfsShares, a_full_share_gives_no_space_and_leaves_nothing) {
    add_share("a", 64);
    ratio_ = 100;
    open();
    const auto raw = images_.at("big.raw");
    disk::create_raw(raw, 96 << 20);
    write_pattern({raw, "raw", 1}, 0x42, "0", "96M");
    const auto qcow2 = images_.at("big.qcow2");
    tool({"qemu-img", "convert", "-c", "-f", "raw", "-O", "qcow2", raw, qcow2});
    for (const auto& [path, format] : {std::pair{raw, "raw"}, std::pair{qcow2, "qcow2"}}) {
        const auto image = source_of(path, format);
        EXPECT_EQ(code_of([&] { driver_->create_from_image(new_uuid(), 1, image, {}); }), ErrorCode::NoSpace);
    }
    EXPECT_TRUE(volume_files(export_of(shares_[0])).empty());
    EXPECT_TRUE(std::filesystem::is_empty(export_of(shares_[0]) + "/_base"));
    EXPECT_TRUE(driver_->inventory().volumes.empty());
}

// A create whose share went away is repeated on another one; the older one, should it have come that far, counts no
// more.
TEST_F(NfsShares, of_two_records_the_newer_counts) {
    add_share("a", 2200);
    add_share("b", 1200);
    ratio_ = 20;
    open();
    const auto id = make(1);
    ASSERT_EQ(share_with(id), shares_[0]);
    lose(0);
    open();
    driver_->create(id, 1);
    bring_back(0);
    open();
    EXPECT_TRUE(look(id).path.starts_with(mount_point_of_share(shares_[1])));
    driver_->remove(id);
    EXPECT_EQ(share_with(id), "");
    EXPECT_TRUE(driver_->inventory().volumes.empty());
}

TEST(ShareMount, many_at_once_mount_it_once) {
    const Folder folder(nfs_root());
    const disk::Share share{"nfs", "127.0.0.1:" + folder.path(), ""};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) threads.emplace_back([&] { disk::ensure_mounted(share, kMountBase); });
    for (auto& thread : threads) thread.join();
    const auto mount_point = mount_point_of_share(share.source);
    EXPECT_EQ(disk::mount_state(mount_point), disk::MountState::Alive);
    EXPECT_EQ(::umount2(mount_point.c_str(), 0), 0);
    EXPECT_EQ(disk::mount_state(mount_point), disk::MountState::Absent) << "mounted more than once";
}

/// A volume on a share of each kind, and somebody else who writes to the share.
class ShareSuite : public DriverSuite {};

TEST_P(ShareSuite, files_and_records_are_private) {
    const auto id = new_uuid();
    driver_->create_from_image(id, 1, make_image(*images_, "qcow2", 16), {});
    driver_->create_snapshot(id, new_uuid());
    for (const auto& entry : std::filesystem::recursive_directory_iterator(backend_folder())) {
        if (!entry.is_regular_file()) continue;
        struct stat info {};
        ASSERT_EQ(::stat(entry.path().c_str(), &info), 0);
        EXPECT_EQ(info.st_mode & 0077, 0U) << entry.path();
    }
}

TEST_P(ShareSuite, the_connection_tells_another_host_what_it_needs) {
    const auto id = new_uuid();
    driver_->create(id, 1);
    const auto info = driver_->initialize_connection(id, "h");
    const auto data = get_object(info, "data");
    EXPECT_EQ(get_string(info, "driver_volume_type"), GetParam());
    EXPECT_EQ(get_string(info, "mount_point_base"), kMountBase);
    EXPECT_EQ(get_string(data, "export"), share_of(GetParam(), backend_folder()));
    EXPECT_EQ(get_string(data, "name"), "volume-" + id);
    EXPECT_EQ(get_string(data, "format"), "raw");
    EXPECT_TRUE(data.contains("options"));
    EXPECT_EQ(get_string(data, "path"), mount_point_of_share(get_string(data, "export")) + "/volume-" + id);
    EXPECT_FALSE(driver_->capabilities().host_local);
}

TEST_P(ShareSuite, a_backing_file_has_a_relative_name_and_its_format) {
    const auto id = new_uuid();
    const auto snapshot = new_uuid();
    driver_->create(id, 1);
    const auto active = driver_->create_snapshot(id, snapshot);
    const auto backing = disk::qcow2_backing(active.path);
    ASSERT_TRUE(backing);
    EXPECT_EQ(backing->path, "volume-" + id);
    EXPECT_EQ(backing->format, "raw");
}

TEST_P(ShareSuite, a_truncated_info_file_harms_only_its_volume) {
    const auto id = new_uuid();
    const auto other = new_uuid();
    const auto path = driver_->create(id, 1).path;
    write(id, 7, "0");
    driver_->create(other, 1);
    driver_.reset();
    std::filesystem::resize_file(backend_folder() + "/volume-" + id + ".json", 40);
    restart();
    EXPECT_TRUE(disk::exists(path)) << "the data was taken for garbage";
    EXPECT_EQ(driver_->inventory().incomplete.size(), 1U);
    EXPECT_EQ(driver_->inventory().volumes, std::vector<std::string>{other});
    EXPECT_EQ(code_of([&] { look(id); }), ErrorCode::Corrupt);
    EXPECT_EQ(code_of([&] { driver_->create(id, 1); }), ErrorCode::Corrupt);
    EXPECT_EQ(code_of([&] { driver_->create_snapshot(id, new_uuid()); }), ErrorCode::Corrupt);
    EXPECT_TRUE(disk::exists(path));
    write(other, 8, "0");
    expect(other, 8, "0");
    driver_->remove(id);
    EXPECT_FALSE(disk::exists(path));
    driver_->remove(other);
    expect_nothing_left();
}

TEST_P(ShareSuite, a_hostile_info_file_gives_no_file_of_the_host) {
    const auto id = new_uuid();
    driver_->create(id, 1);
    const auto record = backend_folder() + "/volume-" + id + ".json";
    const auto good = disk::read_file(record);
    const auto replaced = [&](const std::string& from, const std::string& to) {
        auto text = good;
        for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
            text.replace(at, from.size(), to);
        return text;
    };
    const auto own = "\"volume-" + id + "\"";
    for (const auto& text :
         {replaced(own, "\"../../../etc/passwd\""), replaced(own, "\"/etc/passwd\""), replaced("\"raw\"", "\"vmdk\""),
          replaced("\"backing\":\"\"", "\"backing\":" + own), replaced("\"active\":" + own, "\"active\":\"volume-x\""),
          replaced("\"size_gib\":1", "\"size_gib\":-1"), replaced("\"layers\":[", "\"layers\":[7,"),
          std::string(100'000, '['), std::string()}) {
        driver_.reset();
        std::ofstream(record, std::ios::trunc) << text;
        restart();
        EXPECT_EQ(code_of([&] { look(id); }), ErrorCode::Corrupt) << text.substr(0, 300);
        EXPECT_EQ(driver_->inventory().incomplete.size(), 1U);
    }
    driver_->remove(id);
    expect_nothing_left();
}

TEST_P(ShareSuite, a_backing_file_outside_of_the_share_is_refused) {
    const auto id = new_uuid();
    const auto snapshot = new_uuid();
    driver_->create(id, 1);
    driver_->create_snapshot(id, snapshot);
    const auto path = look(id).path;
    write(id, 1, "0");
    for (const std::string target : {"/etc/passwd", "../../etc/passwd", "volume-of-another"}) {
        tool({"qemu-img", "rebase", "-q", "-u", "-f", "qcow2", "-F", "raw", "-b", target, path});
        EXPECT_EQ(code_of([&] { driver_->initialize_connection(id, "h"); }), ErrorCode::Corrupt) << target;
        EXPECT_EQ(code_of([&] { driver_->clone(new_uuid(), 1, id, {}); }), ErrorCode::Corrupt) << target;
    }
    EXPECT_EQ(driver_->inventory().volumes.size(), 1U);
    // The data of the snapshot replaced by a link.
    const auto outside = images_->at("outside");
    std::ofstream(outside) << "secret";
    tool({"qemu-img", "rebase", "-q", "-u", "-f", "qcow2", "-F", "raw", "-b", "volume-" + id, path});
    const auto base = backend_folder() + "/volume-" + id;
    std::filesystem::remove(base);
    std::filesystem::create_symlink(outside, base);
    // GlusterFS remembers for a second what kind of file it was.
    const auto seen = path.substr(0, path.rfind('/')) + "/volume-" + id;
    for (int i = 0; i < 250 && !std::filesystem::is_symlink(std::filesystem::symlink_status(seen)); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(code_of([&] { driver_->initialize_connection(id, "h"); }), ErrorCode::Corrupt);
    EXPECT_EQ(code_of([&] { driver_->extend(id, 2); }), ErrorCode::Corrupt);
    EXPECT_EQ(code_of([&] { driver_->create_snapshot(id, new_uuid()); }), ErrorCode::Corrupt);
    driver_->delete_snapshot(id, snapshot);
    driver_->remove(id);
    expect_nothing_left();
    EXPECT_EQ(disk::read_file(outside), "secret");
}

TEST_P(ShareSuite, a_guest_elsewhere_is_noticed_by_its_lock) {
    const auto id = new_uuid();
    const auto file = driver_->create(id, 1);
    // Through another mount of the share, as another host has it.
    FILE* guest =
        ::popen(("exec qemu-io -f raw " + backend_folder() + "/volume-" + id + " >/dev/null 2>&1").c_str(), "w");
    ASSERT_NE(guest, nullptr);
    std::fputs("write -P 1 0 64k\nflush\n", guest);
    std::fflush(guest);
    for (int i = 0; i < 500 && disk::File::open_for_reading(file.path).read_at(0, 1)[0] != 1; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(code_of([&] { driver_->create_snapshot(id, new_uuid()); }), ErrorCode::Conflict);
    EXPECT_EQ(code_of([&] { driver_->clone(new_uuid(), 1, id, {}); }), ErrorCode::Conflict);
    ::pclose(guest);
    driver_->create_snapshot(id, new_uuid());
}

INSTANTIATE_TEST_SUITE_P(Drivers, ShareSuite, ::testing::Values("glusterfs", "nfs"),
                         [](const auto& kind) { return kind.param; });

/// On a real GlusterFS, whose parts die.
class GlusterFs : public DriverSuite {
protected:
    std::string mount_point() const { return mount_point_of_share(share_of("glusterfs", backend_folder())); }
    void expect_healed() {
        for (int i = 0; i < 300; ++i) {
            const auto info = gluster("volume heal volumes info summary");
            if (info.find("Total Number of entries: 0") != std::string::npos &&
                info.find("Not connected") == std::string::npos &&
                info.find("Total Number of entries: -") == std::string::npos) {
                bool all = true;
                for (auto at = info.find("Total Number of entries: "); at != std::string::npos;
                     at = info.find("Total Number of entries: ", at + 1))
                    all = all && info[at + 25] == '0';
                if (all) return;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
        ADD_FAILURE() << gluster("volume heal volumes info summary");
    }
};

TEST_P(GlusterFs, a_brick_that_dies_during_a_create_harms_nothing) {
    const auto image = make_image(*images_, "qcow2", 64);
    bool killed = false;
    const Call call{{}, [&](std::int64_t, std::int64_t) {
                        if (killed) return;
                        killed = true;
                        const auto found = bricks();
                        ASSERT_EQ(found.size(), 2U);
                        ::kill(found[0], SIGKILL);
                    }};
    const auto id = new_uuid();
    driver_->create_from_image(id, 1, image, call);
    EXPECT_TRUE(killed);
    write(id, 0x31, "40M");
    expect(id, 0x31, "40M");
    expect(id, 0x11, "0");
    EXPECT_EQ(bricks().size(), 1U);
    gluster("volume start volumes force");
    expect_healed();
    EXPECT_EQ(bricks().size(), 2U);
    // The brick that was away has it all: it alone can serve now.
    for (const auto pid : bricks()) {
        std::ifstream in("/proc/" + std::to_string(pid) + "/cmdline", std::ios::binary);
        const std::string line((std::istreambuf_iterator<char>(in)), {});
        if (line.find("/brick2") != std::string::npos) ::kill(pid, SIGKILL);
    }
    expect(id, 0x31, "40M");
    gluster("volume start volumes force");
    expect_healed();
    driver_->remove(id);
    expect_nothing_left();
}

TEST_P(GlusterFs, a_mount_whose_client_died_is_mounted_anew) {
    const auto id = new_uuid();
    driver_->create(id, 1);
    write(id, 5, "0");
    ::kill(fuse_client(mount_point()), SIGKILL);
    expect(id, 5, "0");
    EXPECT_TRUE(driver_->inventory().incomplete.empty());
}

TEST_P(GlusterFs, a_share_that_dies_in_the_middle_gives_unavailable_and_leaves_nothing) {
    const auto image = make_image(*images_, "qcow2", 64);
    const auto id = new_uuid();
    const Call call{{}, [&, killed = false](std::int64_t, std::int64_t) mutable {
                        if (!killed) ::kill(fuse_client(mount_point()), SIGKILL);
                        killed = true;
                    }};
    EXPECT_EQ(code_of([&] { driver_->create_from_image(id, 1, image, call); }), ErrorCode::Unavailable);
    EXPECT_TRUE(driver_->inventory().incomplete.empty());  // it is back
    expect_nothing_left();
    EXPECT_TRUE(driver_->inventory().hidden.empty());
    driver_->create_from_image(id, 1, image, {});
    expect(id, 0x11, "0");
}

INSTANTIATE_TEST_SUITE_P(Drivers, GlusterFs, ::testing::Values("glusterfs"),
                         [](const auto& kind) { return kind.param; });

}  // namespace
}  // namespace virga::volume::host::test
