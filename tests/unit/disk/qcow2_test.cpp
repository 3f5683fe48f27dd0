#include "unit/disk/fixture.hpp"

namespace virga::disk {
namespace {

class Qcow2Sizes : public DiskTest, public ::testing::WithParamInterface<std::int64_t> {};

TEST_P(Qcow2Sizes, are_whole_for_qemu) {
    const auto size = GetParam();
    create_qcow2(at("disk"), size);
    tool({"qemu-img", "check", "-f", "qcow2", at("disk")});
    EXPECT_EQ(get_int(info(at("disk"), "qcow2"), "virtual-size"), size);
    EXPECT_EQ(virtual_size(at("disk"), "qcow2"), size);
    EXPECT_TRUE(qcow2_is_empty(at("disk")));
    const auto last = std::to_string(size - 65536);
    io(at("disk"), "qcow2", "write -P 0xab " + last + " 65536");
    io(at("disk"), "qcow2", "read -P 0xab " + last + " 65536");
    io(at("disk"), "qcow2", "read -P 0 0 65536");
    EXPECT_FALSE(qcow2_is_empty(at("disk")));
    tool({"qemu-img", "check", "-f", "qcow2", at("disk")});
}

TEST_P(Qcow2Sizes, read_through_to_the_backing_file) {
    const auto size = GetParam();
    create_raw(at("base"), 1024 * 1024);
    io(at("base"), "raw", "write -P 0x11 0 1M");
    create_qcow2(at("disk"), size, Backing{"base", "raw"});
    tool({"qemu-img", "check", "-f", "qcow2", at("disk")});
    const auto found = info(at("disk"), "qcow2");
    EXPECT_EQ(get_string(found, "backing-filename"), "base");
    EXPECT_EQ(get_string(found, "backing-filename-format"), "raw");
    io(at("disk"), "qcow2", "read -P 0x11 0 64k");
    io(at("disk"), "qcow2", "write -P 0x22 64k 64k");
    io(at("disk"), "qcow2", "read -P 0x22 64k 64k");
    io(at("disk"), "qcow2", "read -P 0x11 128k 64k");
    io(at("base"), "raw", "read -P 0x11 0 1M");
    tool({"qemu-img", "check", "-f", "qcow2", at("disk")});
}

INSTANTIATE_TEST_SUITE_P(Sizes, Qcow2Sizes,
                         ::testing::Values(1LL << 20, (1LL << 29) - 65536, 1LL << 29, (1LL << 29) + 65536, 1LL << 30,
                                           4LL << 40, (4LL << 40) + 65536, 64LL << 40));

using Qcow2 = DiskTest;

TEST_F(Qcow2, is_replaced_whole) {
    create_qcow2(at("disk"), 1 << 20);
    io(at("disk"), "qcow2", "write -P 1 0 64k");
    create_qcow2(at("disk"), 1 << 21);
    EXPECT_EQ(virtual_size(at("disk"), "qcow2"), 1 << 21);
    EXPECT_FALSE(leftovers());
}

TEST_F(Qcow2, refuses_bad_arguments) {
    EXPECT_EQ(code_of([&] { create_qcow2(at("disk"), 0); }), ErrorCode::InvalidInput);
    EXPECT_EQ(code_of([&] { create_qcow2(at("disk"), (64LL << 40) + 512); }), ErrorCode::InvalidInput);
    EXPECT_EQ(code_of([&] { create_qcow2(at("disk"), 512, Backing{"x", "vmdk"}); }), ErrorCode::InvalidInput);
    EXPECT_EQ(code_of([&] {
                  create_qcow2(at("disk"), 512, Backing{std::string(1024, 'x'), "raw"});
              }),
              ErrorCode::InvalidInput);
    EXPECT_FALSE(exists(at("disk")));
}

TEST_F(Qcow2, grows_and_never_shrinks) {
    create_qcow2(at("disk"), 1 << 20);
    grow(at("disk"), "qcow2", 3LL << 30);
    EXPECT_EQ(virtual_size(at("disk"), "qcow2"), 3LL << 30);
    grow(at("disk"), "qcow2", 1 << 20);
    EXPECT_EQ(virtual_size(at("disk"), "qcow2"), 3LL << 30);
    create_raw(at("raw"), 1 << 20);
    grow(at("raw"), "raw", 1 << 21);
    EXPECT_EQ(virtual_size(at("raw"), "raw"), 1 << 21);
    EXPECT_EQ(allocated_bytes(at("raw")), 0);
}

TEST_F(Qcow2, commits_and_is_re_pointed) {
    create_raw(at("base"), 1 << 20);
    create_qcow2(at("middle"), 1 << 20, Backing{"base", "raw"});
    create_qcow2(at("top"), 1 << 20, Backing{"middle", "qcow2"});
    io(at("middle"), "qcow2", "write -P 5 0 64k");
    commit(at("middle"));
    io(at("base"), "raw", "read -P 5 0 64k");
    rebase_unsafe(at("top"), {"base", "raw"});
    std::filesystem::remove(at("middle"));
    io(at("top"), "qcow2", "read -P 5 0 64k");
    EXPECT_EQ(get_string(info(at("top"), "qcow2"), "backing-filename"), "base");
}

TEST_F(Qcow2, a_raw_file_with_a_qcow2_header_is_not_taken_for_one) {
    create_raw(at("raw"), 1 << 20);
    EXPECT_EQ(code_of([&] { virtual_size(at("raw"), "qcow2"); }), ErrorCode::Corrupt);
    EXPECT_EQ(code_of([&] { virtual_size(at("none"), "raw"); }), ErrorCode::NotFound);
}

TEST_F(Qcow2, raw_is_kept_on_a_repeat) {
    create_raw(at("raw"), 1 << 20);
    io(at("raw"), "raw", "write -P 3 0 4k");
    create_raw(at("raw"), 1 << 20);
    io(at("raw"), "raw", "read -P 3 0 4k");
    EXPECT_EQ(code_of([&] { create_raw(at("raw"), 1 << 21); }), ErrorCode::Conflict);
}

}  // namespace
}  // namespace virga::disk
