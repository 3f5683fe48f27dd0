#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/error.hpp"
#include "base/process.hpp"
#include "image/format/inspector.hpp"
#include "unit/image_format/builders.hpp"

namespace virga::image {
namespace {

using namespace virga::test;

struct Field {
    const char* name;
    std::size_t offset;
    std::size_t width;
};

constexpr Field kFields[] = {{"version", 4, 4},          {"cluster_bits", 20, 4},      {"size", 24, 8},
                             {"crypt_method", 32, 4},    {"l1_size", 36, 4},           {"l1_table_offset", 40, 8},
                             {"refcount_offset", 48, 8}, {"refcount_clusters", 56, 4}, {"nb_snapshots", 60, 4},
                             {"incompatible", 72, 8},    {"refcount_order", 96, 4},    {"header_length", 100, 4}};

constexpr std::uint64_t kValues[] = {0,          1,          8,          22,         63,         103,        105,
                                     0x7fffffff, 0xffffffff, 1ULL << 31, 1ULL << 46, 1ULL << 62, 1ULL << 63, ~0ULL};

class Qcow2Fields : public ::testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/virga-fields-XXXXXX";
        ASSERT_NE(::mkdtemp(name), nullptr);
        folder_ = name;
        path_ = folder_ + "/image";
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::string real(const std::string& options) {
        EXPECT_EQ(run_process({"qemu-img", "create", "-q", "-f", "qcow2", "-o", options, path_, "20M"}).exit_code, 0)
            << options;
        std::ifstream file(path_, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    /// Empty: accepted.
    std::string refusal(const std::string& image) {
        std::ofstream(path_, std::ios::binary | std::ios::trunc) << image;
        try {
            inspect_file(path_);
            return {};
        } catch (const Error& error) {
            return error.message();
        }
    }
    bool accepts(const std::string& image) { return refusal(image).empty(); }
    bool qemu_opens() { return run_process({"qemu-img", "info", "-f", "qcow2", path_}).exit_code == 0; }

    std::string folder_;
    std::string path_;
};

TEST_F(Qcow2Fields, what_qemu_can_not_open_is_refused) {
    const auto good = real("compat=1.1");
    ASSERT_TRUE(accepts(good));
    for (const auto& field : kFields) {
        for (const auto value : kValues) {
            auto image = good;
            put_big(image, field.offset, value, field.width);
            if (accepts(image)) {
                EXPECT_TRUE(qemu_opens()) << field.name << " = " << value;
            }
        }
    }
}

TEST_F(Qcow2Fields, headers_that_no_disk_can_be_made_of_are_refused) {
    const auto good = real("compat=1.1");
    const auto with = [&](std::size_t offset, std::uint64_t value, std::size_t width) {
        auto image = good;
        put_big(image, offset, value, width);
        return image;
    };
    EXPECT_FALSE(accepts(with(20, 63, 4))) << "cluster_bits";
    EXPECT_FALSE(accepts(with(36, 0xffffffff, 4))) << "l1_size";
    EXPECT_FALSE(accepts(with(100, 0, 4))) << "header_length";
    EXPECT_FALSE(accepts(with(24, 1ULL << 62, 8))) << "size";
    EXPECT_FALSE(accepts(with(60, 1, 4))) << "a snapshot whose table would be the header";
}

TEST_F(Qcow2Fields, what_qemu_would_mend_first_or_not_write_to_is_refused) {
    auto image = real("compat=1.1,lazy_refcounts=on");
    const auto said = [&](std::size_t offset, std::uint64_t value, std::size_t width) {
        auto changed = image;
        put_big(changed, offset, value, width);
        return refusal(changed);
    };
    EXPECT_EQ(refusal(image), "");
    EXPECT_NE(said(72, 1, 8).find("dirty"), std::string::npos);
    EXPECT_NE(said(72, 2, 8).find("corrupt"), std::string::npos);
    EXPECT_NE(said(72, 1, 8).find("qemu-img check"), std::string::npos);
}

TEST_F(Qcow2Fields, tables_in_the_header_or_in_each_other_are_refused) {
    auto image = real("compat=1.1");
    const auto said = [&](std::size_t offset, std::uint64_t value, std::size_t width) {
        auto changed = image;
        put_big(changed, offset, value, width);
        return refusal(changed);
    };
    EXPECT_NE(said(40, 0, 8).find("l1 table begins in the header"), std::string::npos);
    EXPECT_NE(said(48, 0, 8).find("refcount table begins in the header"), std::string::npos);
    EXPECT_NE(said(56, 0, 4).find("no refcount table"), std::string::npos);
    EXPECT_NE(said(36, 0, 4).find("too small"), std::string::npos);
    EXPECT_NE(said(40, 65'536, 8).find("the refcount table overlaps the l1 table"), std::string::npos);
    EXPECT_NE(said(56, 3, 4).find("overlaps"), std::string::npos);
    EXPECT_NE(said(100, 65'544, 4).find("header length"), std::string::npos);
    put_big(image, 60, 1, 4);
    EXPECT_NE(said(64, 65'536, 8).find("the snapshot table overlaps the refcount table"), std::string::npos);
}

TEST_F(Qcow2Fields, an_extension_that_names_a_data_file_is_refused) {
    auto image = real("compat=1.1");
    put_big(image, 112, 0x44415441, 4);
    put_big(image, 116, 8, 4);
    put_text(image, 120, "/a/b/c/d");
    EXPECT_NE(refusal(image).find("external data file"), std::string::npos);
}

TEST_F(Qcow2Fields, snapshots_are_accepted_within_the_bounds_of_qemu) {
    real("compat=1.1");
    ASSERT_EQ(run_process({"qemu-img", "snapshot", "-c", "first", path_}).exit_code, 0);
    std::ifstream file(path_, std::ios::binary);
    const std::string image{std::istreambuf_iterator<char>(file), {}};
    EXPECT_TRUE(accepts(image));
    auto many = image;
    put_big(many, 60, 65'537, 4);
    EXPECT_FALSE(accepts(many));
    auto outside = image;
    put_big(outside, 64, 1ULL << 40, 8);
    EXPECT_FALSE(accepts(outside));
}

TEST_F(Qcow2Fields, what_qemu_makes_is_accepted) {
    for (const std::string cluster : {"512", "4k", "64k", "2M"}) {
        for (const std::string more :
             {"compat=0.10", "compat=1.1", "lazy_refcounts=on", "compression_type=zstd", "preallocation=metadata",
              "refcount_bits=1", "refcount_bits=8", "refcount_bits=64"}) {
            const auto options = "cluster_size=" + cluster + "," + more;
            EXPECT_TRUE(accepts(real(options))) << options;
        }
    }
}

}  // namespace
}  // namespace virga::image
