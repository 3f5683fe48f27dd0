#include <algorithm>

#include "conformance/volume/suite.hpp"
#include "disk/file.hpp"
#include "volume/host/drivers/registry.hpp"

namespace virga::volume::host::test {
namespace {

TEST_P(DriverSuite, empty_volume_twice) {
    const auto id = new_uuid();
    const auto first = driver_->create(id, 2);
    const auto second = driver_->create(id, 2);
    EXPECT_EQ(first.path, second.path);
    EXPECT_EQ(second.size_gib, 2);
    expect(id, 0, "0");
    expect(id, 0, "2147418112");
    EXPECT_EQ(driver_->inventory().volumes, std::vector<std::string>{id});
    EXPECT_EQ(driver_->inventory().allocated_gib, 2);
    driver_->remove(id);
    driver_->remove(id);
    expect_nothing_left();
}

TEST_P(DriverSuite, volume_from_image_second_one_copies_nothing) {
    for (const std::string format : {"raw", "qcow2"}) {
        const auto image = make_image(*images_, format, 32);
        const auto a = new_uuid();
        const auto b = new_uuid();
        const auto first = driver_->create_from_image(a, 1, image, {});
        EXPECT_FALSE(first.base_hit);
        EXPECT_EQ(first.virtual_size_bytes, 32 << 20);
        const auto second = driver_->create_from_image(b, 2, image, {});
        EXPECT_TRUE(second.base_hit);
        EXPECT_EQ(second.copied_bytes, 0);
        EXPECT_EQ(second.file.size_gib, 2);
        EXPECT_EQ(second.virtual_size_bytes, 32 << 20);
        EXPECT_EQ(driver_->create_from_image(a, 1, image, {}).file.path, first.file.path);
        expect(a, 0x11, "0");
        expect(b, 0x11, "983040");
        expect(b, 0, "1M");
        expect(b, 0, "2147418112");
        write(a, 0x22, "0");
        expect(a, 0x22, "0");
        expect(b, 0x11, "0");
        driver_->remove(a);
        expect(b, 0x11, "0");
        driver_->remove(b);
    }
    expect_nothing_left();
}

TEST_P(DriverSuite, snapshots_of_three_with_middle_deletion) {
    const auto id = new_uuid();
    driver_->create(id, 1);
    std::vector<std::string> snapshots;
    for (int i = 1; i <= 3; ++i) {
        write(id, i, "0");
        write(id, i, std::to_string(i) + "M");
        snapshots.push_back(new_uuid());
        driver_->create_snapshot(id, snapshots.back());
        const auto again = driver_->create_snapshot(id, snapshots.back());
        EXPECT_EQ(again.path, look(id).path);
    }
    write(id, 9, "0");
    driver_->delete_snapshot(id, snapshots[1]);
    driver_->delete_snapshot(id, snapshots[1]);
    EXPECT_EQ(driver_->inventory().snapshots.size(), 2U);
    expect(id, 9, "0");
    for (int i = 1; i <= 3; ++i) expect(id, i, std::to_string(i) + "M");
    const auto first = from_snapshot(id, snapshots[0]);
    expect(first, 1, "0");
    expect(first, 0, "2M");
    const auto third = from_snapshot(id, snapshots[2]);
    expect(third, 3, "0");
    expect(third, 2, "2M");
    EXPECT_EQ(code_of([&] { from_snapshot(id, snapshots[1]); }), ErrorCode::NotFound);
    EXPECT_EQ(code_of([&] { driver_->remove(id); }), ErrorCode::Conflict);
    driver_->delete_snapshot(id, snapshots[2]);
    driver_->delete_snapshot(id, snapshots[0]);
    expect(id, 9, "0");
    expect(third, 3, "3M");
    driver_->remove(id);
    expect(first, 1, "1M");
    expect(third, 3, "0");
    driver_->remove(first);
    driver_->remove(third);
    expect_nothing_left();
}

TEST_P(DriverSuite, reading_gives_the_whole_content_and_leaves_nothing) {
    const auto id = new_uuid();
    driver_->create_from_image(id, 1, make_image(*images_, "qcow2", 32), {});
    write(id, 0x22, "2M");
    driver_->create_snapshot(id, id);
    write(id, 0x33, "3M");
    for (const bool connected : {false, true}) {
        if (connected) driver_->initialize_connection(id, "host");
        int calls = 0;
        driver_->read(id, [&](const VolumeFile& file) {
            ++calls;
            EXPECT_EQ(file.size_gib, 1);
            EXPECT_TRUE(reads_as(file, has_data() ? 0x11 : 0, "0", "64k"));
            EXPECT_TRUE(reads_as(file, has_data() ? 0x22 : 0, "2M", "64k"));
            EXPECT_TRUE(reads_as(file, has_data() ? 0x33 : 0, "3M", "64k"));
            EXPECT_TRUE(reads_as(file, 0, "4M", "64k"));
        });
        EXPECT_EQ(calls, 1);
        const auto fails = [](const VolumeFile&) { throw Error(ErrorCode::Cancelled, "stop"); };
        EXPECT_EQ(code_of([&] { driver_->read(id, fails); }), ErrorCode::Cancelled);
    }
    driver_->terminate_connection(id, "host");
    EXPECT_EQ(code_of([&] { driver_->read(new_uuid(), [](const VolumeFile&) {}); }), ErrorCode::NotFound);
    driver_->delete_snapshot(id, id);
    driver_->remove(id);
    expect_nothing_left();
}

TEST_P(DriverSuite, revert_brings_the_snapshot_back) {
    const auto id = new_uuid();
    const auto old_snapshot = new_uuid();
    const auto snapshot = new_uuid();
    driver_->create(id, 1);
    write(id, 1, "0");
    driver_->create_snapshot(id, old_snapshot);
    write(id, 2, "0");
    driver_->create_snapshot(id, snapshot);
    for (int i = 3; i < 6; ++i) {
        write(id, i, "0");
        write(id, i, "8M");
        driver_->revert(id, snapshot, {});
        const auto again = driver_->revert(id, snapshot, {});
        EXPECT_EQ(again.path, look(id).path);
        expect(id, 2, "0");
        expect(id, 0, "8M");
    }
    restart();
    expect(id, 2, "0");
    expect(from_snapshot(id, snapshot), 2, "0");
    active(id);
    EXPECT_EQ(code_of([&] { driver_->revert(id, snapshot, {}); }), ErrorCode::Conflict);
    driver_->terminate_connection(id, "host");
    EXPECT_EQ(code_of([&] { driver_->revert(id, new_uuid(), {}); }), ErrorCode::NotFound);
    driver_->delete_snapshot(id, snapshot);
    expect(id, 2, "0");
    driver_->delete_snapshot(id, old_snapshot);
    expect(id, 2, "0");
    for (const auto& volume : driver_->inventory().volumes) driver_->remove(volume);
    expect_nothing_left();
}

TEST_P(DriverSuite, reimage_leaves_nothing_of_the_old_content) {
    const auto id = new_uuid();
    const auto snapshot = new_uuid();
    driver_->create(id, 2);
    write(id, 1, "0");
    driver_->create_snapshot(id, snapshot);
    write(id, 2, "0");
    write(id, 2, "100M");
    write(id, 2, "2147418112");
    const auto image = make_image(*images_, "qcow2", 32);
    for (int i = 0; i < 2; ++i) {
        const auto done = driver_->reimage(id, image, {});
        EXPECT_EQ(done.virtual_size_bytes, 32 << 20);
        EXPECT_EQ(done.file.size_gib, 2);
        EXPECT_EQ(done.file.path, look(id).path);
        expect(id, 0x11, "0");
        expect(id, 0, "100M");
        expect(id, 0, "2147418112");
        write(id, 3, "0");
    }
    restart();
    expect(id, 3, "0");
    expect(from_snapshot(id, snapshot, 2), 1, "0");
    active(id);
    EXPECT_EQ(code_of([&] { driver_->reimage(id, image, {}); }), ErrorCode::Conflict);
    driver_->terminate_connection(id, "host");
    const auto too_large = make_image(*images_, "qcow2", 3000);
    EXPECT_EQ(code_of([&] { driver_->reimage(id, too_large, {}); }), ErrorCode::InvalidInput);
    expect(id, 3, "0");
    driver_->delete_snapshot(id, snapshot);
    expect(id, 3, "0");
    for (const auto& volume : driver_->inventory().volumes) driver_->remove(volume);
    expect_nothing_left();
}

TEST_P(DriverSuite, a_copy_of_a_disk_stands_alone) {
    const auto source = new_uuid();
    const auto snapshot = new_uuid();
    driver_->create_from_image(source, 1, make_image(*images_, "qcow2", 32), {});
    write(source, 1, "2M");
    driver_->create_snapshot(source, snapshot);
    write(source, 2, "100M");
    const auto id = new_uuid();
    driver_->read(source, [&](const VolumeFile& disk) {
        const Call cancelled{[] { return true; }, {}};
        if (has_data()) {
            EXPECT_EQ(code_of([&] { driver_->create_from_disk(id, 2, disk, cancelled); }), ErrorCode::Cancelled);
        }
        const auto made = driver_->create_from_disk(id, 2, disk, {});
        EXPECT_EQ(made.file.size_gib, 2);
        EXPECT_EQ(driver_->create_from_disk(id, 2, disk, {}).file.path, made.file.path) << "again";
    });
    write(source, 9, "2M");
    driver_->delete_snapshot(source, snapshot);
    driver_->remove(source);
    restart();
    expect(id, 0x11, "0");
    expect(id, 1, "2M");
    expect(id, 2, "100M");
    expect(id, 0, "2147418112");
    if (has_data()) {
        EXPECT_LT(disk::allocated_bytes(look(id).path), 64 << 20) << "zeros take no space";
    }
    driver_->remove(id);
    expect_nothing_left();
}

TEST_P(DriverSuite, what_was_let_go_is_taken_over_again) {
    if (is_encrypted(GetParam())) GTEST_SKIP() << "encrypted volumes are not let go";
    const auto id = new_uuid();
    const auto snapshot = new_uuid();
    driver_->create_from_image(id, 1, make_image(*images_, "qcow2", 32), {});
    write(id, 1, "2M");
    if (!driver_->capabilities().manage) {
        EXPECT_EQ(code_of([&] { driver_->manageable(); }), ErrorCode::NotSupported);
        EXPECT_EQ(code_of([&] { driver_->unmanage(id); }), ErrorCode::NotSupported);
        return;
    }
    driver_->create_snapshot(id, snapshot);
    write(id, 2, "2M");
    EXPECT_EQ(code_of([&] { driver_->unmanage(id); }), ErrorCode::Conflict);
    driver_->unmanage_snapshot(id, snapshot);
    driver_->unmanage_snapshot(id, snapshot);
    EXPECT_TRUE(driver_->inventory().snapshots.empty());
    restart();
    const auto name = driver_->manageable().at(0).name;
    EXPECT_EQ(driver_->manageable().at(0).volume_id, id);
    const auto again = new_uuid();
    for (int i = 0; i < 2; ++i) EXPECT_EQ(driver_->manage_snapshot(id, name, again), 1);
    EXPECT_EQ(code_of([&] { driver_->manage_snapshot(id, name, new_uuid()); }), ErrorCode::NotFound);
    expect(from_snapshot(id, again), 1, "2M");
    driver_->delete_snapshot(id, again);
    for (int i = 0; i < 2; ++i) driver_->unmanage(id);
    restart();
    const auto item = driver_->manageable().at(0);
    EXPECT_EQ(item.size_gib, 1);
    EXPECT_EQ(item.reason, "");
    const auto back = new_uuid();
    const auto first = driver_->manage(back, item.name, "");
    EXPECT_EQ(driver_->manage(back, item.name, "").path, first.path);
    EXPECT_TRUE(driver_->manageable().empty());
    expect(back, 2, "2M");
    expect(back, 0x11, "0");
    EXPECT_EQ(code_of([&] { driver_->manage(new_uuid(), item.name, ""); }), ErrorCode::NotFound);
    for (const auto& bad : {"../volume-" + back, std::string(".."), std::string("/etc/passwd"), std::string()}) {
        EXPECT_EQ(code_of([&] { driver_->manage(new_uuid(), bad, ""); }), ErrorCode::InvalidInput) << bad;
    }
    for (const auto& volume : driver_->inventory().volumes) driver_->remove(volume);
    expect_nothing_left();
}

TEST_P(DriverSuite, dependents_outlive_their_source) {
    const auto image = make_image(*images_, "qcow2", 32);
    const auto source = new_uuid();
    const auto snapshot = new_uuid();
    driver_->create_from_image(source, 1, image, {});
    write(source, 0x33, "2M");
    driver_->create_snapshot(source, snapshot);
    write(source, 0x44, "2M");
    const auto derived = from_snapshot(source, snapshot, 3);
    const auto clone = new_uuid();
    const auto made = driver_->clone(clone, 2, source, {});
    if (driver_->capabilities().instant_clone) {
        EXPECT_EQ(made.copied_bytes, 0);
    }
    EXPECT_EQ(driver_->clone(clone, 2, source, {}).file.path, made.file.path);
    driver_->delete_snapshot(source, snapshot);
    driver_->remove(source);
    EXPECT_EQ(driver_->inventory().volumes.size(), 2U);
    restart();
    expect(derived, 0x33, "2M");
    expect(derived, 0x11, "0");
    expect(derived, 0, "3221159936");
    expect(clone, 0x44, "2M");
    write(clone, 0x55, "2M");
    expect(derived, 0x33, "2M");
    const auto of_clone = new_uuid();
    driver_->create_snapshot(clone, of_clone);
    driver_->delete_snapshot(clone, of_clone);
    expect(clone, 0x55, "2M");
    driver_->remove(derived);
    expect(clone, 0x55, "2M");
    expect(clone, 0x11, "0");
    driver_->remove(clone);
    expect_nothing_left();
}

TEST_P(DriverSuite, a_volume_whose_source_is_gone_comes_to_stand_alone) {
    const auto source = new_uuid();
    const auto clone = new_uuid();
    driver_->create(source, 1);
    write(source, 1, "1M");
    driver_->clone(clone, 2, source, {});
    write(clone, 2, "2M");
    EXPECT_EQ(driver_->flatten(clone, {}).merged, 0);  // the source needs what they share
    const auto dependents = driver_->remove(source);
    const auto hidden = driver_->inventory().hidden.size();
    EXPECT_EQ(dependents, hidden > 0 ? std::vector<std::string>{clone} : std::vector<std::string>{});
    driver_->initialize_connection(clone, "host");
    EXPECT_EQ(driver_->flatten(clone, {}).merged, 0);
    driver_->terminate_connection(clone, "host");
    const auto stopped = driver_->flatten(clone, {[] { return true; }, {}});
    expect(clone, 1, "1M");
    const auto flattened = driver_->flatten(clone, {});
    EXPECT_EQ(stopped.merged + flattened.merged, static_cast<std::int64_t>(hidden));
    EXPECT_TRUE(driver_->inventory().hidden.empty());
    EXPECT_EQ(driver_->flatten(clone, {}).file.path, flattened.file.path);
    restart();
    expect(clone, 1, "1M");
    expect(clone, 2, "2M");
    expect(clone, 0, "2146959360");
    EXPECT_EQ(code_of([&] { driver_->flatten(source, {}); }), ErrorCode::NotFound);
    driver_->remove(clone);
    expect_nothing_left();
}

TEST_P(DriverSuite, clones_are_independent) {
    const auto source = new_uuid();
    driver_->create(source, 1);
    write(source, 1, "0");
    std::vector<std::string> clones;
    for (int i = 0; i < 3; ++i) {
        clones.push_back(new_uuid());
        driver_->clone(clones.back(), 1, source, {});
    }
    write(source, 2, "0");
    write(clones[0], 3, "0");
    expect(clones[1], 1, "0");
    expect(clones[2], 1, "0");
    expect(source, 2, "0");
    const auto second = new_uuid();
    driver_->clone(second, 1, clones[0], {});
    expect(second, 3, "0");
    EXPECT_EQ(code_of([&] { driver_->clone(new_uuid(), 1, new_uuid(), {}); }), ErrorCode::NotFound);
    for (const auto& id : clones) driver_->remove(id);
    expect(second, 3, "0");
    driver_->remove(source);
    driver_->remove(second);
    expect_nothing_left();
}

TEST_P(DriverSuite, whole_content_is_the_same) {
    if (!has_data()) return;  // a driver without content has none to compare
    const auto image = make_image(*images_, "qcow2", 16);
    const auto source = new_uuid();
    const auto clone = new_uuid();
    const auto snapshot = new_uuid();
    driver_->create_from_image(source, 1, image, {});
    for (int i = 1; i < 6; ++i) write(source, i, std::to_string(i * 150) + "M");
    keep_content(look(source), images_->at("before"));
    driver_->create_snapshot(source, snapshot);
    driver_->clone(clone, 1, source, {});
    write(source, 77, "500M");
    EXPECT_TRUE(has_content(look(clone), images_->at("before")));
    EXPECT_TRUE(has_content(look(from_snapshot(source, snapshot)), images_->at("before")));
    EXPECT_FALSE(has_content(look(source), images_->at("before")));
}

TEST_P(DriverSuite, extend_only_grows) {
    const auto id = new_uuid();
    const auto snapshot = new_uuid();
    driver_->create(id, 1);
    write(id, 1, "0");
    EXPECT_EQ(driver_->extend(id, 3).size_gib, 3);
    EXPECT_EQ(driver_->extend(id, 3).size_gib, 3);
    EXPECT_EQ(driver_->extend(id, 2).size_gib, 3);
    write(id, 2, "3221159936");
    driver_->create_snapshot(id, snapshot);
    EXPECT_EQ(driver_->extend(id, 4).size_gib, 4);
    write(id, 3, "4294901760");
    EXPECT_EQ(code_of([&] { from_snapshot(id, snapshot, 2); }), ErrorCode::InvalidInput);
    const auto larger = from_snapshot(id, snapshot, 5);
    expect(larger, 2, "3221159936");
    expect(larger, 0, "5368643584");
    driver_->remove(larger);
    driver_->delete_snapshot(id, snapshot);
    expect(id, 3, "4294901760");
    expect(id, 1, "0");
    EXPECT_EQ(look(id).size_gib, 4);
    EXPECT_EQ(code_of([&] { driver_->extend(new_uuid(), 2); }), ErrorCode::NotFound);
}

TEST_P(DriverSuite, hostile_images_are_refused) {
    const auto expect_refused = [&](const ImageSource& image) {
        EXPECT_EQ(code_of([&] { driver_->create_from_image(new_uuid(), 1, image, {}); }), ErrorCode::InvalidInput);
    };
    const auto overlay = images_->at("overlay");
    tool({"qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", "/etc/passwd", overlay});
    expect_refused(source_of(overlay, "qcow2"));
    expect_refused(source_of(overlay, "raw"));
    expect_refused(make_image(*images_, "qcow2", 1100));
    auto image = make_image(*images_, "qcow2", 16);
    image.disk_format = "raw";
    expect_refused(image);
    image.path = images_->at("none");
    EXPECT_EQ(code_of([&] { driver_->create_from_image(new_uuid(), 1, image, {}); }), ErrorCode::NotFound);
    expect_nothing_left();
}

TEST_P(DriverSuite, cancelled_image_copy_leaves_nothing) {
    const auto image = make_image(*images_, "qcow2", 64);
    const Call call{[] { return true; }, {}};
    const auto id = new_uuid();
    EXPECT_EQ(code_of([&] { driver_->create_from_image(id, 1, image, call); }), ErrorCode::Cancelled);
    expect_nothing_left();
    EXPECT_TRUE(driver_->inventory().hidden.empty());
    driver_->create_from_image(id, 1, image, {});
    expect(id, 0x11, "0");
}

// The guest of a raw volume makes its disk look like a qcow2 that names a file of the host.
TEST_P(DriverSuite, what_a_guest_writes_is_never_probed) {
    if (!has_data()) return;  // nothing a guest could write to
    if (is_encrypted(GetParam())) GTEST_SKIP() << "nothing that a guest writes is in the file as it wrote it";
    const auto id = new_uuid();
    const auto file = driver_->create(id, 1);
    const auto evil = images_->at("evil");
    tool({"qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", "/etc/passwd", evil, "1G"});
    tool({"dd", "if=" + evil, "of=" + file.path, "bs=64k", "conv=notrunc", "status=none"});
    write(id, 0x66, "900M");
    const auto snapshot = new_uuid();
    const auto clone = new_uuid();
    driver_->create_snapshot(id, snapshot);
    driver_->clone(clone, 2, id, {});
    restart();
    for (const auto& one : {clone, from_snapshot(id, snapshot), id}) {
        EXPECT_TRUE(reads_as(look(one), 0x66, "900M", "64k"));
        EXPECT_TRUE(reads_as(look(one), 'Q', "0", "1"));
        EXPECT_TRUE(reads_as(look(one), 0xfb, "3", "1"));
    }
    driver_->extend(id, 2);
    driver_->delete_snapshot(id, snapshot);
    EXPECT_TRUE(reads_as(look(id), 'Q', "0", "1"));
}

TEST_P(DriverSuite, connections_twice) {
    const auto id = new_uuid();
    driver_->create(id, 1);
    EXPECT_EQ(driver_->initialize_connection(id, "a"), driver_->initialize_connection(id, "a"));
    driver_->terminate_connection(id, "a");
    driver_->terminate_connection(id, "a");
    driver_->terminate_connection(new_uuid(), "a");
    EXPECT_EQ(code_of([&] { driver_->initialize_connection(new_uuid(), "a"); }), ErrorCode::NotFound);
}

// The path that a host was given stays the active one, whatever is done meanwhile.
TEST_P(DriverSuite, a_connected_volume_keeps_its_file) {
    const auto id = new_uuid();
    const auto snapshot = new_uuid();
    const auto clone = new_uuid();
    driver_->create(id, 1);
    write(id, 1, "0");
    const auto before = active(id);
    driver_->create_snapshot(id, snapshot);
    driver_->clone(clone, 1, id, {});
    driver_->delete_snapshot(id, snapshot);
    EXPECT_EQ(active(id).path, before.path);
    driver_->terminate_connection(id, "host");
    write(id, 2, "0");
    expect(clone, 1, "0");
    expect(id, 2, "0");
}

TEST_P(DriverSuite, restart_finds_everything) {
    const auto id = new_uuid();
    const auto snapshot = new_uuid();
    driver_->create(id, 1);
    write(id, 5, "0");
    driver_->create_snapshot(id, snapshot);
    const auto path = look(id).path;
    restart();
    EXPECT_EQ(driver_->inventory().volumes, std::vector<std::string>{id});
    EXPECT_EQ(driver_->inventory().snapshots, std::vector<std::string>{snapshot});
    EXPECT_EQ(look(id).path, path);
    expect(id, 5, "0");
}

TEST(Drivers, every_compiled_one_is_run) {
    for (const auto& [name, factory] : drivers()) {
        EXPECT_TRUE(std::any_of(backend_kinds().begin(), backend_kinds().end(),
                                [&](const auto& kind) { return kind == name || kind.starts_with(name + "_"); }))
            << "no kind of backend in backends.cpp runs the driver " << name;
    }
}

INSTANTIATE_TEST_SUITE_P(Drivers, DriverSuite, ::testing::ValuesIn(backend_kinds()),
                         [](const auto& kind) { return kind.param; });

}  // namespace
}  // namespace virga::volume::host::test
