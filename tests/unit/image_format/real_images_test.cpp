#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/error.hpp"
#include "base/process.hpp"
#include "image/format/inspector.hpp"

namespace virga::image {
namespace {

// Images as QEMU writes them.
class RealImages : public ::testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/virga-inspect-XXXXXX";
        ASSERT_NE(::mkdtemp(name), nullptr);
        folder_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::string make(const std::string& format, const std::string& options = {}) {
        const auto path = folder_ + "/image." + format;
        std::vector<std::string> argv{"qemu-img", "create", "-q", "-f", format};
        if (!options.empty()) argv.insert(argv.end(), {"-o", options});
        argv.insert(argv.end(), {path, "100M"});
        EXPECT_EQ(run_process(argv).exit_code, 0);
        return path;
    }
    std::string convert(const std::string& format, const std::string& options = {}) {
        const auto raw = make("raw");
        EXPECT_EQ(run_process({"qemu-io", "-f", "raw", "-c", "write -P 7 1M 3M", raw}).exit_code, 0);
        const auto path = folder_ + "/converted." + format;
        std::vector<std::string> argv{"qemu-img", "convert", "-f", "raw", "-O", format};
        if (!options.empty()) argv.insert(argv.end(), {"-o", options});
        argv.insert(argv.end(), {raw, path});
        EXPECT_EQ(run_process(argv).exit_code, 0);
        return path;
    }

    std::string folder_;
    static constexpr std::int64_t kSize = 100 * 1024 * 1024;
};

TEST_F(RealImages, are_recognised_with_their_size) {
    const auto expect = [](const std::string& path, const std::string& format) {
        const auto found = inspect_file(path);
        EXPECT_EQ(found.format, format);
        EXPECT_EQ(found.virtual_size_bytes, kSize) << format;
    };
    expect(make("raw"), "raw");
    expect(convert("qcow2"), "qcow2");
    expect(convert("qcow2", "compat=0.10"), "qcow2");
    expect(convert("vdi"), "vdi");
    expect(convert("vhdx"), "vhdx");
    expect(convert("vmdk", "subformat=streamOptimized"), "vmdk");
    expect(convert("vmdk", "subformat=monolithicSparse"), "vmdk");
    expect(convert("vpc", "force_size=on"), "vhd");
    expect(convert("vpc", "subformat=fixed,force_size=on"), "vhd");
}

TEST_F(RealImages, unsafe_ones_are_refused) {
    EXPECT_THROW(inspect_file(convert("qed")), Error);
    EXPECT_THROW(inspect_file(convert("vmdk", "subformat=monolithicFlat")), Error);
    EXPECT_THROW(inspect_file(convert("qcow2", "extended_l2=on")), Error);
    EXPECT_THROW(inspect_file(convert("qcow2", "data_file=" + folder_ + "/data,data_file_raw=on")), Error);
    const auto base = make("raw");
    const auto overlay = folder_ + "/overlay";
    ASSERT_EQ(run_process({"qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", base, overlay}).exit_code, 0);
    EXPECT_THROW(inspect_file(overlay), Error);
}

TEST_F(RealImages, a_missing_file_is_not_found) {
    try {
        inspect_file(folder_ + "/none");
        FAIL();
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ErrorCode::NotFound);
    }
}

}  // namespace
}  // namespace virga::image
