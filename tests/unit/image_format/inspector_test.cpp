#include "image/format/inspector.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "unit/image_format/builders.hpp"

namespace virga::image {
namespace {

using namespace virga::test;

Inspection inspect(const std::string& content, std::size_t chunk = 4096) {
    Inspector inspector;
    for (std::size_t at = 0; at < content.size(); at += chunk)
        inspector.update(std::string_view(content).substr(at, chunk));
    return inspector.finish();
}

std::string refusal(const std::string& content) {
    try {
        return "accepted as " + inspect(content).format;
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ErrorCode::InvalidInput);
        return e.message();
    }
}

#define EXPECT_REFUSED(content, words) EXPECT_NE(refusal(content).find(words), std::string::npos) << refusal(content)

TEST(Inspector, accepts_each_format) {
    const auto expect = [](const std::string& content, const std::string& format, std::int64_t size) {
        for (const std::size_t chunk : {std::size_t{7}, std::size_t{4096}, content.size()}) {
            const auto found = inspect(content, chunk);
            EXPECT_EQ(found.format, format);
            EXPECT_EQ(found.virtual_size_bytes, size) << format;
        }
    };
    expect(qcow2(), "qcow2", 1 << 30);
    expect(gpt(), "gpt", 1 << 20);
    expect(mbr(), "gpt", 1 << 20);
    expect(iso(), "iso", 65536);
    expect(vdi(12345678), "vdi", 12345678);
    expect(luks(1), "luks", 1 << 20);
    expect(vmdk(vmdk_descriptor("monolithicSparse")), "vmdk", 1 << 30);
    expect(stream_vmdk(), "vmdk", 1 << 30);
    expect(dynamic_vhd(1 << 30), "vhd", 1 << 30);
    expect(std::string(1 << 20, 'x') + vhd_footer(1 << 20, 2), "vhd", 1 << 20);
    expect(std::string(100000, 'r'), "raw", 100000);
}

TEST(Inspector, one_byte_chunks_give_the_same) {
    EXPECT_EQ(inspect(stream_vmdk(), 1).format, "vmdk");
    EXPECT_EQ(inspect(qcow2(), 1).virtual_size_bytes, 1 << 30);
}

TEST(Inspector, content_shorter_than_a_header_is_raw) {
    EXPECT_EQ(inspect("").format, "raw");
    EXPECT_EQ(inspect("").virtual_size_bytes, 0);
    EXPECT_EQ(inspect(qcow2().substr(0, 71)).format, "raw");
    EXPECT_EQ(inspect(vdi(1).substr(0, 511)).format, "raw");
    EXPECT_EQ(inspect(iso().substr(0, 34000)).format, "raw");
    EXPECT_EQ(inspect(gpt().substr(0, 511)).format, "raw");
}

TEST(Inspector, refuses_unsafe_qcow2) {
    auto image = qcow2();
    put_big(image, 8, 1024, 8);
    EXPECT_REFUSED(image, "backing file");
    image = qcow2();
    put_big(image, 72, 4, 8);
    EXPECT_REFUSED(image, "external data file");
    for (const int bit : {4, 5, 40, 63}) {
        image = qcow2();
        put_big(image, 72, 1ULL << bit, 8);
        EXPECT_REFUSED(image, "unknown incompatible features");
    }
    for (const int version : {0, 1, 4, 255}) {
        image = qcow2();
        put_big(image, 4, static_cast<std::uint64_t>(version), 4);
        EXPECT_REFUSED(image, "version");
    }
    image = qcow2();
    put_big(image, 32, 2, 4);
    EXPECT_REFUSED(image, "encrypted");
    image = qcow2();
    put_big(image, 24, ~0ULL, 8);
    EXPECT_REFUSED(image, "out of range");
    EXPECT_REFUSED(qcow2().substr(0, 80), "cut off");
}

TEST(Inspector, known_qcow2_feature_bits_are_fine) {
    auto image = qcow2();
    put_big(image, 72, 8, 8);  // compressed by zstd
    put_big(image, 100, 112, 4);
    put_big(image, 104, 1, 1);
    EXPECT_EQ(inspect(image).format, "qcow2");
    image = qcow2();
    put_big(image, 4, 2, 4);
    put_big(image, 72, 0xffffffff, 4);  // an empty extension that nobody knows: version 2 has no feature bits
    EXPECT_EQ(inspect(image).format, "qcow2");
}

TEST(Inspector, refuses_every_qed) {
    std::string image(4096, '\0');
    put_text(image, 0, std::string_view("QED\0", 4));
    EXPECT_REFUSED(image, "qed");
}

TEST(Inspector, refuses_vmdk_subformats) {
    for (const char* type : {"monolithicFlat", "twoGbMaxExtentSparse", "vmfs", "fullDevice", ""})
        EXPECT_REFUSED(vmdk(vmdk_descriptor(type)), "subformats");
    std::string esx(4096, '\0');
    put_text(esx, 0, "COWD");
    EXPECT_REFUSED(esx, "subformats");
    EXPECT_REFUSED("# Disk DescriptorFile\nversion=1\ncreateType=\"monolithicFlat\"\nRW 1 FLAT \"/etc/shadow\" 0\n",
                   "subformats");
    EXPECT_REFUSED("#hello\n\nversion=1\nRW 1 FLAT \"/etc/shadow\" 0\n", "subformats");
}

TEST(Inspector, refuses_vmdk_descriptors) {
    const auto with = [](std::string_view extra) { return vmdk(vmdk_descriptor("monolithicSparse", extra)); };
    EXPECT_REFUSED(with("RW 1 SPARSE \"/etc/shadow\"\n"), "names a path");
    EXPECT_REFUSED(with("RW 1 SPARSE \"..\\x\"\n"), "names a path");
    EXPECT_REFUSED(with("RW 1 FLAT \"x\" 0\n"), "not of type SPARSE");
    EXPECT_REFUSED(with("RW x SPARSE \"x\"\n"), "no size");
    EXPECT_REFUSED(with("RW 1 SPARSE x\n"), "no file name");
    EXPECT_REFUSED(with("RW 1 SPARSE \"x\"\n"), "more than one extent");
    EXPECT_REFUSED(with("RW 1 SPARSE \"..\"\n"), "names a path");
    EXPECT_REFUSED(with("RW 1 SPARSE \"nbd:x\"\n"), "names a path");
    EXPECT_REFUSED(with("other=1\n"), "not supported");
    EXPECT_REFUSED(with("nonsense\n"), "not supported");
    EXPECT_REFUSED(with("createType=\"monolithicFlat\"\n"), "subformats");
    EXPECT_REFUSED(with("createType=\"monolithicSparse\"\n"), "twice");
    EXPECT_REFUSED(vmdk("version=1\nparentCID=12345678\ncreateType=\"monolithicSparse\"\nRW 1 SPARSE \"a\"\n"),
                   "parent");
    EXPECT_REFUSED(vmdk("version=1\ncreateType=\"monolithicSparse\"\n"), "no extent");
    EXPECT_REFUSED(vmdk("version=1\nRW 1 SPARSE \"a\"\n"), "no createType");
    EXPECT_REFUSED(with(std::string(20 * 512, '#')), "not terminated");
}

// QEMU takes the first occurrence of the word in sectors 1 to 20, wherever it stands.
TEST(Inspector, refuses_parents_that_a_vmdk_names_anywhere) {
    const auto with = [](std::string_view extra) { return vmdk(vmdk_descriptor("monolithicSparse", extra)); };
    EXPECT_REFUSED(with("parentFileNameHint=\"/etc/shadow\"\n"), "parent");
    EXPECT_REFUSED(with("# parentFileNameHint=\"/etc/shadow\"\n"), "parent");
    EXPECT_REFUSED(with("# parentFileNameHint=\"0b0a6b5e-3e5c-4a53-9d5c-7b8a5d2f6d11\"\n"), "parent");
    EXPECT_REFUSED(with("ddb.comment = \"parentFileNameHint=\"x\"\n"), "parent");
    EXPECT_REFUSED(with("#PARENTFILENAMEHINT\n"), "parent");
    auto image = vmdk(vmdk_descriptor("monolithicSparse"));
    put_text(image, 512 * 21 - 20, "parentFileNameHint=x");
    EXPECT_REFUSED(image, "parent");
    // The header names fewer sectors than are read.
    image = vmdk(vmdk_descriptor("monolithicSparse"));
    put_little(image, 36, 1, 8);
    EXPECT_EQ(inspect(image).format, "vmdk");
    put_text(image, 512 * 3, "parentFileNameHint=x");
    EXPECT_REFUSED(image, "parent");
    for (const auto& text :
         {vmdk_descriptor("monolithicSparse", "# parentFileNameHint=x\n"), std::string("anything")}) {
        image = vmdk(text);
        put_little(image, 28, 30, 8);
        put_text(image, 512 * 30, vmdk_descriptor("monolithicSparse"));
        EXPECT_THROW(inspect(image), Error);
    }
    image = vmdk(vmdk_descriptor("monolithicSparse"));
    put_text(image, 5000, "RW 1 FLAT \"/etc/shadow\" 0");
    EXPECT_REFUSED(image, "behind the descriptor");
}

TEST(Inspector, refuses_parents_of_vdi_and_vhd) {
    auto image = vdi(1 << 20);
    put_little(image, 0x1a8, 1, 8);
    EXPECT_REFUSED(image, "parent");
    image = vdi(1 << 20);
    put_little(image, 0x1b8 + 15, 1, 1);
    EXPECT_REFUSED(image, "parent");
    image = vdi(1 << 20);
    put_little(image, 0x4c, 4, 4);
    EXPECT_REFUSED(image, "dynamic and static");
    const auto body = std::string(4096, '\0');
    EXPECT_REFUSED(vhd_footer(1 << 20, 4) + body, "parent");
    EXPECT_REFUSED(dynamic_vhd(1 << 20) + vhd_footer(1 << 20, 4), "parent");
    for (const std::size_t field : {40, 576}) {
        image = dynamic_vhd(1 << 20);
        EXPECT_EQ(inspect(image).format, "vhd");
        put_big(image, 512 + field, 1, 4);
        EXPECT_REFUSED(image, "parent");
    }
}

TEST(Inspector, refuses_vmdk_headers) {
    const auto good = vmdk(vmdk_descriptor("monolithicSparse"));
    const auto with = [&](std::size_t offset, std::uint64_t value, std::size_t width) {
        auto image = good;
        put_little(image, offset, value, width);
        return image;
    };
    EXPECT_REFUSED(with(4, 4, 4), "versions");
    EXPECT_REFUSED(with(12, 0, 8), "capacity is zero");
    EXPECT_REFUSED(with(12, ~0ULL, 8), "out of range");
    EXPECT_REFUSED(with(28, 0, 8), "sector 1");
    EXPECT_REFUSED(with(28, ~0ULL, 8), "sector 1");
    EXPECT_REFUSED(with(36, 0, 8), "no descriptor");
    EXPECT_REFUSED(with(36, 1000, 8), "too long");
    EXPECT_REFUSED(good.substr(0, 4096), "outside the image");
    EXPECT_REFUSED(with(56, ~0ULL, 8), "footer is missing");
    auto image = stream_vmdk();
    put_little(image, image.size() - 1024 + 28, 7, 8);
    EXPECT_REFUSED(image, "differs");
    image = stream_vmdk();
    put_little(image, image.size() - 1024 + 4, 2, 4);
    EXPECT_REFUSED(image, "differs");
    image = stream_vmdk();
    put_little(image, image.size() - 1024 + 56, ~0ULL, 8);
    EXPECT_REFUSED(image, "another footer");
}

TEST(Inspector, data_that_is_no_partition_table_is_raw) {
    auto image = mbr();
    put_little(image, 446, 0x13, 1);
    EXPECT_EQ(inspect(image).format, "raw");
    std::string empty(4096, '\0');
    put_text(empty, 510, "\x55\xaa");
    EXPECT_EQ(inspect(empty).format, "raw");
}

TEST(Inspector, refuses_odd_partition_tables) {
    auto image = gpt();
    put_little(image, 462 + 4, 0x83, 1);
    EXPECT_REFUSED(image, "only one");
    image = gpt();
    put_little(image, 446 + 1, 1, 1);
    EXPECT_REFUSED(image, "CHS");
    image = gpt();
    put_little(image, 446 + 8, 2, 4);
    EXPECT_REFUSED(image, "LBA 1");
}

TEST(Inspector, a_fat_boot_sector_is_raw) {
    std::string image(65536, '\0');
    put_text(image, 0, "\xeb\x3c\x90mkfs.fat");
    put_little(image, 11, 512, 2);
    put_little(image, 16, 2, 1);
    put_little(image, 21, 0xf8, 1);
    put_text(image, 510, "\x55\xaa");
    EXPECT_EQ(inspect(image).format, "raw");
}

TEST(Inspector, luks_2_and_parents_are_refused) {
    EXPECT_REFUSED(luks(2), "version 1");
    EXPECT_REFUSED(luks(1).substr(0, 4096), "outside");
    EXPECT_REFUSED(vhd_footer(1 << 20, 4) + std::string(512, '\0'), "parent");
}

TEST(Inspector, several_formats_at_once_are_refused) {
    auto image = qcow2();
    put_text(image, 32769, "CD001");
    EXPECT_REFUSED(image, "several formats");
    image = gpt();
    put_text(image, 0, std::string_view("QFI\xfb", 4));
    EXPECT_REFUSED(image, "several formats");
    image = gpt();
    put_text(image, 32769, "CD001");
    EXPECT_EQ(inspect(image).format, "iso");
    EXPECT_EQ(inspect(gpt() + vhd_footer(1 << 20, 2)).format, "vhd");
}

TEST(Inspector, declared_format_is_compared) {
    const auto found = [](const char* format) { return Inspection{format, 1}; };
    EXPECT_EQ(check_declared("raw", found("raw")), "raw");
    EXPECT_EQ(check_declared("raw", found("gpt")), "raw");
    EXPECT_EQ(check_declared("iso", found("iso")), "raw");
    EXPECT_EQ(check_declared("qcow2", found("qcow2")), "qcow2");
    EXPECT_EQ(check_declared("vhd", found("vhd")), "vpc");
    EXPECT_EQ(check_declared("ami", found("qcow2")), "raw");
    EXPECT_EQ(check_declared("ari", found("raw")), "raw");
    EXPECT_THROW(check_declared("raw", found("qcow2")), Error);
    EXPECT_THROW(check_declared("raw", found("iso")), Error);
    EXPECT_THROW(check_declared("qcow2", found("raw")), Error);
    EXPECT_THROW(check_declared("qcow2", found("gpt")), Error);
    EXPECT_THROW(check_declared("ploop", found("raw")), Error);
}

}  // namespace
}  // namespace virga::image
