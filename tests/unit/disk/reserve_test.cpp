#include "disk/reserve.hpp"

#include <limits>

#include "base/scope_exit.hpp"
#include "unit/disk/fixture.hpp"

namespace virga::disk {
namespace {

constexpr auto kMore = std::numeric_limits<std::int64_t>::max() / 2;  ///< than any disk has

class Reserve : public DiskTest {
protected:
    void TearDown() override {
        keep_free(folder_, 0);
        DiskTest::TearDown();
    }
    void fill() const { keep_free(folder_, kMore); }

    template <class Work>
    static void refuses(Work work) {
        try {
            work();
            FAIL() << "was not refused";
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::NoSpace) << error.message();
            EXPECT_NE(error.message().find("host.reserved_space_bytes"), std::string::npos) << error.message();
        }
    }
};

TEST_F(Reserve, counts_on_the_disk_of_the_state_alone) {
    EXPECT_FALSE(reserve_is_touched(folder_));
    EXPECT_EQ(usable_bytes(folder_) > 0, true);
    fill();
    EXPECT_TRUE(reserve_is_touched(folder_));
    EXPECT_EQ(usable_bytes(folder_), 0);
    refuses([&] { require_reserve(folder_); });
    keep_free("/proc", kMore);
    EXPECT_NO_THROW(require_reserve(folder_));
    EXPECT_GT(usable_bytes(folder_), 0);
    EXPECT_THROW(keep_free(folder_, -1), Error);
}

TEST_F(Reserve, what_is_to_be_written_counts) {
    const auto free = free_bytes(folder_);
    keep_free(folder_, free / 2);
    EXPECT_NO_THROW(require_reserve(folder_));
    refuses([&] { const SpacePromise promise(folder_, free / 4 * 3); });
}

TEST_F(Reserve, no_two_writers_count_on_the_same_bytes) {
    const auto half = usable_bytes(folder_) / 4 * 3;
    {
        SpacePromise first(folder_, half);
        EXPECT_EQ(code_of([&] { const SpacePromise second(folder_, half); }), ErrorCode::NoSpace);
        EXPECT_LT(usable_bytes(folder_), half);
        first.written(half);
        EXPECT_GT(usable_bytes(folder_), half) << "what is written the file system counts";
        first.written(half / 2);  // an older word
        const SpacePromise second(folder_, half);
    }
    const SpacePromise after(folder_, half);
}

TEST_F(Reserve, nothing_new_or_larger_is_made_in_it) {
    create_raw(at("raw"), 1 << 20);
    create_qcow2(at("qcow2"), 1 << 20);
    fill();
    refuses([&] { create_raw(at("new"), 1 << 20); });
    refuses([&] { create_qcow2(at("overlay"), 1 << 20, Backing{"raw", "raw"}); });
    refuses([&] { grow(at("raw"), "raw", 2 << 20); });
    refuses([&] { grow(at("qcow2"), "qcow2", 2 << 20); });
    EXPECT_EQ(virtual_size(at("raw"), "raw"), 1 << 20);
    EXPECT_FALSE(exists(at("overlay")));
    EXPECT_FALSE(leftovers());
    EXPECT_NO_THROW(grow(at("raw"), "raw", 1 << 20)) << "a repeat";
    keep_free(folder_, 0);
    EXPECT_NO_THROW(grow(at("qcow2"), "qcow2", 2 << 20));
}

TEST_F(Reserve, nothing_is_copied_converted_or_fetched_into_it) {
    create_raw(at("image"), 1 << 20);
    io(at("image"), "raw", "write -P 0x5a 0 1M");
    ImageSource source;
    source.image_id = "11111111-2222-3333-4444-555555555555";
    source.path = at("image");
    source.disk_format = "raw";
    fill();
    if (!reflink_works(folder_)) refuses([&] { copy(at("image"), at("copy")); });
    refuses([&] { convert(at("image"), "raw", at("converted"), "qcow2"); });
    if (!reflink_works(folder_)) refuses([&] { fetch_image(source, at("fetched"), {}); });
    EXPECT_FALSE(leftovers());
    EXPECT_FALSE(exists(at("converted")));
    keep_free(folder_, 0);
    EXPECT_NO_THROW(convert(at("image"), "raw", at("converted"), "qcow2"));
}

}  // namespace
}  // namespace virga::disk
