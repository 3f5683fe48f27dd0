// What only encrypted volumes have to show; all that every volume does, the suites show of them too.
#include <filesystem>

#include "conformance/volume/keyed_driver.hpp"
#include "conformance/volume/suite.hpp"
#include "disk/disk.hpp"
#include "disk/file.hpp"

namespace virga::volume::host::test {
namespace {

/// Calls with the keys that each test gives itself.
class EncryptedSuite : public DriverSuite {
protected:
    std::unique_ptr<KeyRing::Held> key(const std::string& id) {
        return std::make_unique<KeyRing::Held>(driver_->keys(), id, test_key());
    }
    std::string new_encrypted() {
        const auto id = new_uuid();
        const auto held = key(id);
        EXPECT_EQ(driver_->create(id, 1).encryption, kLuks);
        return id;
    }
    /// Whether any file of any volume holds the byte many times in a row. Copies of images don't count.
    bool is_on_disk(char byte) {
        for (const auto& file : volume_files(backend_folder())) {
            if (disk::read_file(backend_folder() + "/" + file).find(std::string(64, byte)) != std::string::npos)
                return true;
        }
        return false;
    }
};

TEST_P(EncryptedSuite, what_is_written_is_on_no_disk) {
    const auto id = new_encrypted();
    write(id, 0x5a, "1M");
    const auto snapshot = new_uuid();
    const auto copy = new_uuid();
    {
        const auto own = key(id);
        const auto of_copy = key(copy);
        driver_->create_snapshot(id, snapshot);
        write(id, 0x5b, "2M");
        driver_->create_from_snapshot(copy, 2, id, snapshot, {});
        write(copy, 0x5c, "1500M");
        driver_->extend(id, 2);
        expect(id, 0x5a, "1M");
        expect(copy, 0x5a, "1M");
        driver_->delete_snapshot(id, snapshot);
        expect(id, 0x5b, "2M");
    }
    for (const char byte : {0x5a, 0x5b, 0x5c}) EXPECT_FALSE(is_on_disk(byte)) << static_cast<int>(byte);
    driver_->remove(id);
    expect(copy, 0x5c, "1500M");
    driver_->remove(copy);
    expect_nothing_left();
}

TEST_P(EncryptedSuite, an_image_is_shared_and_what_is_written_over_it_is_hidden) {
    const auto image = make_image(*images_, "qcow2", 16);
    const auto id = new_uuid();
    {
        const auto held = key(id);
        driver_->create_from_image(id, 1, image, {});
    }
    expect(id, 0x11, "0");
    write(id, 0x5d, "512k");
    EXPECT_FALSE(is_on_disk(0x5d));
    const auto second = new_uuid();
    const auto held = key(second);
    EXPECT_EQ(driver_->create_from_image(second, 1, image, {}).copied_bytes, 0);
    driver_->remove(second);
    driver_->remove(id);
}

TEST_P(EncryptedSuite, nothing_is_done_to_the_content_without_the_key) {
    const auto id = new_encrypted();
    EXPECT_EQ(code_of([&] { driver_->extend(id, 2); }), ErrorCode::InvalidInput);
    EXPECT_EQ(code_of([&] { driver_->clone(new_uuid(), 1, id, {}); }), ErrorCode::InvalidInput);
    EXPECT_EQ(look(id).size_gib, 1);
    driver_->remove(id);
    expect_nothing_left();
}

TEST_P(EncryptedSuite, a_wrong_key_changes_nothing) {
    const auto id = new_encrypted();
    write(id, 1, "1M");
    {
        const KeyRing::Held wrong(driver_->keys(), id, Secret("another key"));
        EXPECT_EQ(code_of([&] { driver_->extend(id, 2); }), ErrorCode::Corrupt);
    }
    EXPECT_EQ(look(id).size_gib, 1);
    expect(id, 1, "1M");
    driver_->remove(id);
}

TEST_P(EncryptedSuite, a_plain_volume_is_no_source_of_an_encrypted_one) {
    const auto id = new_uuid();
    driver_->create(id, 1);
    const auto copy = new_uuid();
    {
        const auto held = key(copy);
        EXPECT_EQ(code_of([&] { driver_->clone(copy, 1, id, {}); }), ErrorCode::InvalidInput);
    }
    driver_->remove(copy);
    driver_->remove(id);
    expect_nothing_left();
}

// Whoever can write to the storage must not get a guest to write its data in clear.
TEST_P(EncryptedSuite, a_file_that_was_swapped_for_a_plain_one_is_noticed) {
    const auto id = new_encrypted();
    const auto path = look(id).path;
    disk::create_qcow2(path, disk::kGiB);
    EXPECT_EQ(code_of([&] { driver_->initialize_connection(id, "host"); }), ErrorCode::Corrupt);
    driver_->remove(id);
}

TEST_P(EncryptedSuite, is_not_let_go_and_nothing_is_taken_over_as_one) {
    const auto id = new_encrypted();
    EXPECT_EQ(code_of([&] { driver_->unmanage(id); }), ErrorCode::InvalidInput);
    expect(id, 0, "0");
    driver_->remove(id);
}

INSTANTIATE_TEST_SUITE_P(Drivers, EncryptedSuite, ::testing::Values("local", "local_reflink"),
                         [](const auto& kind) { return kind.param; });

}  // namespace
}  // namespace virga::volume::host::test
