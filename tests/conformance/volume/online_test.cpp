#include <fstream>
#include <set>

#include "conformance/volume/merges.hpp"
#include "conformance/volume/operation.hpp"
#include "conformance/volume/suite.hpp"
#include "disk/disk.hpp"

namespace virga::volume::host::test {
namespace {

/// A volume that a host is connected to all the time.
class OnlineSuite : public DriverSuite {
protected:
    void SetUp() override {
        DriverSuite::SetUp();
        image_ = make_image(*images_, "raw", 16);
    }
    std::string connected_volume() {
        const auto id = new_uuid();
        driver_->create_from_image(id, 1, image_, {});
        driver_->initialize_connection(id, "host");
        return id;
    }
    void write_to(const VolumeFile& file, int pattern, const std::string& offset) {
        if (has_data()) write_pattern(file, pattern, offset, "64k");
    }
    void expect_in(const VolumeFile& file, int pattern, const std::string& offset) {
        if (has_data()) {
            EXPECT_TRUE(reads_as(file, pattern, offset, "64k")) << file.path << " at " << offset;
        }
    }
    std::string snapshot(const std::string& id) {
        const auto made = new_uuid();
        const auto first = driver_->create_snapshot_online(id, made);
        EXPECT_EQ(driver_->create_snapshot_online(id, made).path, first.path);
        return made;
    }
    void clean_up(const std::string& id, const std::vector<std::string>& snapshots) {
        driver_->terminate_connection(id, "host");
        for (const auto& one : snapshots) driver_->delete_snapshot(id, one);
        driver_->remove(id);
        expect_nothing_left();
    }

    ImageSource image_;
};

TEST_P(OnlineSuite, snapshot_of_a_connected_volume) {
    const auto id = connected_volume();
    write_to(active(id), 1, "4M");
    const auto kept = snapshot(id);
    write_to(active(id), 2, "4M");
    expect_in(active(id), 2, "4M");
    const auto copy = from_snapshot(id, kept);
    expect(copy, 1, "4M");
    expect(copy, 0x11, "0");
    driver_->remove(copy);
    clean_up(id, {kept});
}

// Until the guest is moved on it writes to the file that it had; whoever opens the volume anew finds what it wrote.
TEST_P(OnlineSuite, guest_that_lags_behind) {
    const auto id = connected_volume();
    const auto before = active(id);
    const auto kept = snapshot(id);
    write_to(before, 1, "4M");
    expect_in(active(id), 1, "4M");
    write_to(active(id), 2, "5M");
    expect_in(active(id), 1, "4M");
    expect_in(active(id), 0x11, "0");
    clean_up(id, {kept});
}

TEST_P(OnlineSuite, layers_are_merged_one_by_one) {
    const auto id = connected_volume();
    std::vector<std::string> kept;
    for (int i = 1; i <= 3; ++i) {
        write_to(active(id), i, std::to_string(3 + i) + "M");
        kept.push_back(snapshot(id));
    }
    write_to(active(id), 4, "7M");
    EXPECT_TRUE(driver_->next_merge(id).empty()) << "every layer is a snapshot's";
    driver_->delete_snapshot(id, kept[1]);
    driver_->delete_snapshot(id, kept[2]);
    int merged = 0;
    for (auto merge = driver_->next_merge(id); !merge.empty(); merge = driver_->next_merge(id), ++merged) {
        ASSERT_LT(merged, 3);
        EXPECT_EQ(code_of([&] { driver_->finish_merge(id, merge); }), ErrorCode::Conflict) << "it wasn't made";
        make_merge(merge, active(id).path);
        restart();
        const auto file = driver_->finish_merge(id, merge);
        EXPECT_EQ(driver_->finish_merge(id, merge).path, file.path) << "again";
        for (int i = 1; i <= 4; ++i) expect_in(active(id), i, std::to_string(3 + i) + "M");
        expect_in(active(id), 0x11, "0");
    }
    if (has_data() && !driver_->capabilities().online_snapshot) {
        EXPECT_EQ(merged, 2);
    }
    const auto copy = from_snapshot(id, kept[0]);
    expect(copy, 1, "4M");
    expect(copy, 0, "5M");
    driver_->remove(copy);
    clean_up(id, {kept[0]});
}

// Deleting the snapshot in the middle: the upper layer is committed into the lower one.
TEST_P(OnlineSuite, layer_in_the_middle_is_committed) {
    const auto id = connected_volume();
    std::vector<std::string> kept;
    for (int i = 1; i <= 3; ++i) {
        write_to(active(id), i, std::to_string(3 + i) + "M");
        kept.push_back(snapshot(id));
    }
    write_to(active(id), 4, "7M");
    driver_->delete_snapshot(id, kept[1]);
    const auto merge = driver_->next_merge(id);
    if (merge.empty()) return clean_up(id, kept);  // snapshots are copies here
    EXPECT_FALSE(merge.into_active);
    make_merge(merge, active(id).path);
    driver_->finish_merge(id, merge);
    EXPECT_TRUE(driver_->next_merge(id).empty());
    for (int i = 1; i <= 4; ++i) expect_in(active(id), i, std::to_string(3 + i) + "M");
    for (const auto& [snapshot, pattern] : {std::pair{kept[0], 0}, {kept[2], 3}}) {
        const auto copy = from_snapshot(id, snapshot);
        expect(copy, pattern, "6M");
        expect(copy, 1, "4M");
        driver_->remove(copy);
    }
    clean_up(id, {kept[0], kept[2]});
}

// What a clone stands on is never merged away beneath it.
TEST_P(OnlineSuite, layers_of_others_stay) {
    const auto id = connected_volume();
    write_to(active(id), 1, "4M");
    const auto kept = snapshot(id);
    write_to(active(id), 2, "5M");
    const auto copy = from_snapshot(id, kept);
    driver_->delete_snapshot(id, kept);
    EXPECT_TRUE(driver_->next_merge(id).empty());
    expect(copy, 1, "4M");
    expect(copy, 0, "5M");
    driver_->remove(copy);
    clean_up(id, {});
}

TEST_P(OnlineSuite, finishing_a_merge_is_killed_at_every_point) {
    const auto world = [&] {
        driver_.reset();
        folder_ = std::make_unique<Place>(GetParam(), parent_folder(GetParam()));
        restart();
        const auto id = connected_volume();
        write_to(active(id), 1, "4M");
        const auto kept = snapshot(id);
        write_to(active(id), 2, "5M");
        driver_->delete_snapshot(id, kept);
        auto merge = driver_->next_merge(id);
        if (!merge.empty()) make_merge(merge, active(id).path);
        driver_.reset();
        return std::pair{id, json::object{{"op", "finish_merge"}, {"id", id}, {"merge", merge.to_json()}}};
    };
    const auto log = images_->at("points");
    const auto [first, operation] = world();
    if (LayerMerge::from_json(get_object(operation, "merge")).empty()) return;  // nothing is ever merged here
    ASSERT_EQ(apply_in_child(GetParam(), backend_folder(), operation, "", log), 0);
    std::set<std::string> points;
    std::ifstream in(log);
    for (std::string line; std::getline(in, line);) points.insert(line);
    ASSERT_FALSE(points.empty());
    for (const auto& point : points) {
        SCOPED_TRACE(point);
        const auto [id, again] = world();
        EXPECT_EQ(apply_in_child(GetParam(), backend_folder(), again, point + ":exit", "/dev/null"), 137);
        restart();
        apply(*driver_, again);
        expect_in(active(id), 1, "4M");
        expect_in(active(id), 2, "5M");
        expect_in(active(id), 0x11, "0");
        clean_up(id, {});
    }
}

INSTANTIATE_TEST_SUITE_P(Drivers, OnlineSuite, ::testing::ValuesIn(backend_kinds()),
                         [](const auto& kind) { return kind.param; });

}  // namespace
}  // namespace virga::volume::host::test
