#pragma once
#include <memory>

#include "base/ids.hpp"
#include "conformance/volume/backends.hpp"
#include "conformance/volume/tools.hpp"

namespace virga::volume::host::test {

/// A folder for a backend.
class Place : public Folder {
public:
    Place(const std::string& kind, const std::string& parent) : Folder(parent), kind_(kind) {}
    ~Place() { release_folder(kind_, backend()); }
    std::string backend() const { return at("backend"); }

private:
    std::string kind_;
};

/// A driver of each kind on a fresh folder.
class DriverSuite : public ::testing::TestWithParam<std::string> {
protected:
    void SetUp() override {
        folder_ = std::make_unique<Place>(GetParam(), parent_folder(GetParam()));
        images_ = std::make_unique<Folder>(images_folder(GetParam()));
        restart();
    }
    void TearDown() override { driver_.reset(); }

    void restart() {
        driver_.reset();
        driver_ = open_driver(GetParam(), backend_folder());
        driver_->recover();
    }
    std::string backend_folder() const { return folder_->backend(); }
    bool has_data() const { return driver_->capabilities().stores_data; }
    VolumeFile active(const std::string& id) {
        return VolumeFile::from_json(get_object(driver_->initialize_connection(id, "host"), "data"));
    }
    /// The active file, the connection ended at once.
    VolumeFile look(const std::string& id) {
        auto file = active(id);
        driver_->terminate_connection(id, "host");
        return file;
    }
    void write(const std::string& id, int pattern, const std::string& offset) {
        if (has_data()) write_pattern(look(id), pattern, offset, "64k");
    }
    void expect(const std::string& id, int pattern, const std::string& offset) {
        if (has_data()) {
            EXPECT_TRUE(reads_as(look(id), pattern, offset, "64k")) << id << " at " << offset;
        }
    }
    std::string from_snapshot(const std::string& source, const std::string& snapshot, std::int64_t size_gib = 1) {
        const auto id = new_uuid();
        driver_->create_from_snapshot(id, size_gib, source, snapshot, {});
        return id;
    }
    void expect_nothing_left() {
        EXPECT_TRUE(driver_->inventory().volumes.empty());
        EXPECT_TRUE(driver_->inventory().snapshots.empty());
        if (has_data()) {
            EXPECT_EQ(volume_files(backend_folder()), std::vector<std::string>{});
        }
    }

    std::unique_ptr<Place> folder_;
    std::unique_ptr<Folder> images_;
    std::unique_ptr<Driver> driver_;
};

}  // namespace virga::volume::host::test
