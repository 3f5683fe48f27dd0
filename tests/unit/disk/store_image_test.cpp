#include <sys/stat.h>

#include "base/crypto.hpp"
#include "disk/checksum.hpp"
#include "unit/disk/fixture.hpp"

namespace virga::disk {
namespace {

class StoreImage : public DiskTest {
protected:
    std::string make_disk(const std::string& pattern = "0x5a") {
        const auto path = at("disk");
        create_raw(path, 64 << 20);
        io(path, "raw", "write -P " + pattern + " 8M 4M");
        return path;
    }
    ImageTarget target(const std::string& format, std::int64_t max_bytes = 1 << 30) const {
        return {"11111111-2222-3333-4444-555555555555", "66666666-7777-8888-9999-000000000000", folder_, format,
                max_bytes};
    }
    static std::string all_of(const std::string& path) {
        const auto file = File::open_for_reading(path);
        return file.read_at(0, static_cast<std::size_t>(file.size()));
    }
};

TEST_F(StoreImage, tells_what_it_stored) {
    const auto disk = make_disk();
    const auto stored = store_image(disk, "raw", target("raw"));
    const auto path = target("raw").path();
    EXPECT_EQ(stored.format, "raw");
    EXPECT_EQ(stored.size_bytes, 64 << 20);
    EXPECT_EQ(stored.virtual_size_bytes, 64 << 20);
    EXPECT_EQ(stored.md5, hash_hex(HashAlgorithm::Md5, all_of(disk)));
    EXPECT_EQ(stored.sha512, hash_hex(HashAlgorithm::Sha512, all_of(path)));
    EXPECT_EQ(stored.xxh3, hash_hex(HashAlgorithm::Xxh3, all_of(path)));
    EXPECT_LT(allocated_bytes(path), 8 << 20);
    EXPECT_FALSE(exists(target("raw").part_path()));
}

TEST_F(StoreImage, a_repeat_finds_the_complete_file) {
    const auto disk = make_disk();
    const auto first = store_image(disk, "raw", target("qcow2"));
    remove_file(disk);
    const auto second = store_image(disk, "raw", target("qcow2"));
    EXPECT_EQ(first.sha512, second.sha512);
    EXPECT_EQ(second.virtual_size_bytes, 64 << 20);
    discard_image(target("qcow2"));
    discard_image(target("qcow2"));
    EXPECT_FALSE(exists(target("qcow2").path()));
}

TEST_F(StoreImage, keeps_the_reserve_of_the_disk) {
    const auto disk = make_disk();
    auto full = target("raw");
    full.keep_free_bytes = std::int64_t{1} << 60;
    EXPECT_EQ(code_of([&] { store_image(disk, "raw", full); }), ErrorCode::NoSpace);
    EXPECT_FALSE(exists(full.path()) || exists(full.part_path()));
}

TEST_F(StoreImage, failures_leave_nothing) {
    const auto disk = make_disk();
    const auto fails = [&](const std::string& format, std::int64_t max_bytes, bool cancelled) {
        const auto code = code_of(
            [&] { store_image(disk, "raw", target(format, max_bytes), {}, [cancelled] { return cancelled; }); });
        EXPECT_FALSE(exists(target(format).path()) || exists(target(format).part_path())) << format;
        return code;
    };
    EXPECT_EQ(fails("raw", (64 << 20) - 1, false), ErrorCode::TooLarge);
    EXPECT_EQ(fails("qcow2", 1 << 20, false), ErrorCode::TooLarge);
    EXPECT_EQ(fails("ploop", 1 << 30, false), ErrorCode::NotSupported);
    EXPECT_EQ(fails("vmdk", 1 << 30, true), ErrorCode::Cancelled);
    io(disk, "raw", "write -P 0x51 0 1");
    io(disk, "raw", "write -P 0x46 1 1");
    io(disk, "raw", "write -P 0x49 2 1");
    io(disk, "raw", "write -P 0xfb 3 1");
    EXPECT_EQ(fails("raw", 1 << 30, false), ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace virga::disk
