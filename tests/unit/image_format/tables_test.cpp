#include "image/format/tables.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <tuple>

#include "base/error.hpp"
#include "base/process.hpp"
#include "image/format/inspector.hpp"
#include "unit/image_format/builders.hpp"

namespace virga::image {
namespace {

constexpr std::uint64_t kCopied = 1ULL << 63;
constexpr std::uint64_t kCompressed = 1ULL << 62;

/// A qcow2 of 512-byte clusters: header, refcount table, refcount block, 1 cluster of l1 table, then what the test
/// says.
class SmallQcow2 {
public:
    static constexpr std::uint64_t kCluster = 512;
    static constexpr std::uint64_t kTable = 4;  ///< cluster of the first l2 table
    static constexpr std::uint64_t kPerTable = kCluster / 8;

    explicit SmallQcow2(std::uint64_t tables, std::uint64_t clusters) {
        data_.resize(clusters * kCluster);
        test::put_text(data_, 0, "QFI\xfb");
        test::put_big(data_, 4, 3, 4);
        test::put_big(data_, 20, 9, 4);
        test::put_big(data_, 24, tables * kPerTable * kCluster, 8);
        test::put_big(data_, 36, tables, 4);
        test::put_big(data_, 40, 3 * kCluster, 8);
        test::put_big(data_, 48, kCluster, 8);
        test::put_big(data_, 56, 1, 4);
        test::put_big(data_, 96, 4, 4);
        test::put_big(data_, 100, 104, 4);
        test::put_big(data_, kCluster, 2 * kCluster, 8);
    }
    void l1(std::uint64_t index, std::uint64_t cluster) { put(3, index, cluster * kCluster | kCopied); }
    void l2(std::uint64_t table, std::uint64_t index, std::uint64_t entry) { put(table, index, entry); }
    const std::string& data() const { return data_; }

private:
    void put(std::uint64_t cluster, std::uint64_t index, std::uint64_t entry) {
        test::put_big(data_, cluster * kCluster + index * 8, entry, 8);
    }
    std::string data_;
};

class ImageTables : public ::testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/virga-tables-XXXXXX";
        ASSERT_NE(::mkdtemp(name), nullptr);
        folder_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::string write(const std::string& data) const {
        const auto path = folder_ + "/hand-made";
        std::ofstream(path, std::ios::binary) << data;
        return path;
    }
    static void run(const std::vector<std::string>& argv) {
        const auto result = run_process(argv);
        ASSERT_EQ(result.exit_code, 0) << result.err;
    }
    /// Of 64 MiB with 1 MiB of data that can't be compressed, and 2 MiB that can.
    std::string source() const {
        auto path = folder_ + "/source";
        if (std::filesystem::exists(path)) return path;
        run({"qemu-img", "create", "-q", "-f", "raw", path, "64M"});
        run({"qemu-io", "-f", "raw", "-c", "write -P 7 8M 2M", path});
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        std::uint64_t value = 88172645463325252ULL;
        std::string noise(1U << 20, '\0');
        for (auto& c : noise) {
            value ^= value << 13;
            value ^= value >> 7;
            value ^= value << 17;
            c = static_cast<char>(value);
        }
        file << noise;
        return path;
    }
    std::string convert(const std::string& format, const std::vector<std::string>& more) const {
        auto path = folder_ + "/converted";
        std::vector<std::string> argv{"qemu-img", "convert", "-q", "-f", "raw", "-O", format};
        argv.insert(argv.end(), more.begin(), more.end());
        argv.insert(argv.end(), {source(), path});
        run(argv);
        return path;
    }
    /// What is said of it; empty: it is taken.
    static std::string refusal(const std::string& path, const std::string& format) {
        EXPECT_EQ(inspect_file(path).format, format);
        try {
            check_tables(path, format);
            return {};
        } catch (const Error& failure) {
            EXPECT_EQ(failure.code(), ErrorCode::InvalidInput);
            return failure.message();
        }
    }
    std::string refusal(const SmallQcow2& image) const { return refusal(write(image.data()), "qcow2"); }

    std::string folder_;
};

bool says(const std::string& text, const std::string& words) {
    return text.find(words) != std::string::npos;
}

TEST_F(ImageTables, of_qcow2_may_not_come_twice) {
    SmallQcow2 image(2, 8);
    image.l1(0, SmallQcow2::kTable);
    EXPECT_EQ(refusal(image), "");
    image.l1(1, SmallQcow2::kTable);
    EXPECT_TRUE(says(refusal(image), "an l2 table lies where something else")) << refusal(image);
}

TEST_F(ImageTables, of_qcow2_name_each_cluster_once) {
    SmallQcow2 image(1, 8);
    image.l1(0, SmallQcow2::kTable);
    image.l2(SmallQcow2::kTable, 0, 5 * SmallQcow2::kCluster | kCopied);
    image.l2(SmallQcow2::kTable, 9, 6 * SmallQcow2::kCluster);
    EXPECT_EQ(refusal(image), "");
    image.l2(SmallQcow2::kTable, 63, 5 * SmallQcow2::kCluster);
    EXPECT_TRUE(says(refusal(image), "a data cluster lies where something else")) << refusal(image);
}

TEST_F(ImageTables, of_qcow2_lie_apart_and_inside) {
    const std::vector<std::pair<std::uint64_t, std::string>> cases{
        {3 * SmallQcow2::kCluster, "where something else"},
        {SmallQcow2::kTable * SmallQcow2::kCluster, "where something else"},
        {8 * SmallQcow2::kCluster, "outside the image"},
        {0x00fffffffffffe00, "outside the image"}};
    for (const auto& [place, words] : cases) {
        SmallQcow2 image(1, 8);
        image.l1(0, SmallQcow2::kTable);
        image.l2(SmallQcow2::kTable, 0, place);
        EXPECT_TRUE(says(refusal(image), words)) << place << " " << refusal(image);
    }
    SmallQcow2 image(1, 8);
    image.l1(0, 3);
    EXPECT_TRUE(says(refusal(image), "where something else"));
    image.l1(0, 9);
    EXPECT_TRUE(says(refusal(image), "outside the image"));
}

// What isn't read takes nobody's time.
TEST_F(ImageTables, of_qcow2_may_keep_a_place_for_zeros) {
    SmallQcow2 image(1, 8);
    image.l1(0, SmallQcow2::kTable);
    for (std::uint64_t i = 0; i < SmallQcow2::kPerTable; ++i)
        image.l2(SmallQcow2::kTable, i, i % 2 == 0 ? 1 : (5 * SmallQcow2::kCluster | 1));
    EXPECT_EQ(refusal(image), "");
    EXPECT_EQ(check_tables(write(image.data()), "qcow2"), 0);
}

TEST_F(ImageTables, of_qcow2_expand_to_a_sensible_size) {
    constexpr std::uint64_t kCluster = 2U << 20;
    std::string data(6 * kCluster, '\0');
    data.replace(0, 512, SmallQcow2(1, 1).data());
    test::put_big(data, 20, 21, 4);
    test::put_big(data, 24, kCluster * (kCluster / 8), 8);
    test::put_big(data, 36, 1, 4);
    test::put_big(data, 40, 3 * kCluster, 8);
    test::put_big(data, 48, kCluster, 8);
    test::put_big(data, 3 * kCluster, 4 * kCluster, 8);
    const auto compress = [&](std::uint64_t count) {
        for (std::uint64_t i = 0; i < count; ++i)
            test::put_big(data, 4 * kCluster + i * 8, kCompressed | (5 * kCluster + 100 * i), 8);
        return refusal(write(data), "qcow2");
    };
    EXPECT_EQ(compress(800), "");  // 1.6 GiB out of 12 MiB
    EXPECT_EQ(check_tables(write(data), "qcow2"), static_cast<std::int64_t>(800 * kCluster));
    EXPECT_TRUE(says(compress(900), "expands to more than 64 times"));
}

TEST_F(ImageTables, of_real_qcow2_are_taken) {
    const std::vector<std::vector<std::string>> all{{},
                                                    {"-o", "compat=0.10"},
                                                    {"-c"},
                                                    {"-c", "-o", "cluster_size=512"},
                                                    {"-c", "-o", "compression_type=zstd"},
                                                    {"-c", "-o", "cluster_size=2M"},
                                                    {"-o", "preallocation=metadata"},
                                                    {"-o", "preallocation=falloc"},
                                                    {"-o", "preallocation=full,cluster_size=4k"},
                                                    {"-o", "cluster_size=512"},
                                                    {"-o", "cluster_size=512,preallocation=metadata"},
                                                    {"-o", "cluster_size=2M"},
                                                    {"-o", "cluster_size=2M,preallocation=metadata"},
                                                    {"-o", "refcount_bits=1"},
                                                    {"-o", "refcount_bits=64,lazy_refcounts=on"},
                                                    {"-S", "0"}};
    for (const auto& options : all) {
        const auto path = convert("qcow2", options);
        const auto name = options.empty() ? "" : options.back();
        EXPECT_EQ(refusal(path, "qcow2"), "") << name;
        EXPECT_GE(check_tables(path, "qcow2"), 3 << 20) << name;
    }
}

TEST_F(ImageTables, of_real_qcow2_with_snapshots_are_taken) {
    const auto path = convert("qcow2", {});
    const auto change = [&](const std::string& command) { run({"qemu-io", "-f", "qcow2", "-c", command, path}); };
    run({"qemu-img", "snapshot", "-c", "one", path});
    change("write -P 9 0 10M");
    run({"qemu-img", "snapshot", "-c", "two", path});
    change("discard 9M 1M");
    change("write -z 0 1M");
    EXPECT_EQ(refusal(path, "qcow2"), "");
    run({"qemu-img", "snapshot", "-d", "one", path});
    run({"qemu-img", "snapshot", "-a", "two", path});
    EXPECT_EQ(refusal(path, "qcow2"), "");
    run({"qemu-img", "snapshot", "-d", "two", path});
    run({"qemu-img", "resize", "-q", "-f", "qcow2", path, "10G"});
    EXPECT_EQ(refusal(path, "qcow2"), "");
    run({"qemu-img", "resize", "-q", "-f", "qcow2", "--shrink", path, "9M"});
    EXPECT_EQ(refusal(path, "qcow2"), "");
}

TEST_F(ImageTables, of_other_real_images_are_taken) {
    const std::vector<std::tuple<std::string, std::string, std::vector<std::string>>> all{
        {"vdi", "vdi", {}},
        {"vdi", "vdi", {"-o", "static=on"}},
        {"vpc", "vhd", {}},
        {"vpc", "vhd", {"-o", "force_size=on"}},
        {"vhdx", "vhdx", {}},
        {"vhdx", "vhdx", {"-o", "block_size=256M"}},
        {"vhdx", "vhdx", {"-o", "subformat=fixed"}},
        {"vmdk", "vmdk", {}},
        {"vmdk", "vmdk", {"-o", "subformat=streamOptimized"}},
        {"vmdk", "vmdk", {"-o", "zeroed_grain=on"}}};
    for (const auto& [format, found, options] : all) {
        const auto name = format + (options.empty() ? "" : " " + options.back());
        const auto path = convert(format, options);
        EXPECT_EQ(refusal(path, found), "") << name;
        EXPECT_GE(check_tables(path, found), 3 << 20) << name;
    }
    EXPECT_EQ(refusal(convert("vpc", {"-o", "subformat=fixed"}), "vhd"), "");
}

/// A number of a real image, and what is said when it is changed.
class BrokenTables : public ImageTables {
protected:
    void take(const std::string& format, const std::vector<std::string>& options = {}) {
        std::ifstream file(convert(format, options), std::ios::binary);
        data_.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    std::uint64_t little(std::uint64_t at, std::size_t width) const {
        std::uint64_t value = 0;
        for (std::size_t i = width; i-- > 0;) value = value << 8 | static_cast<unsigned char>(data_.at(at + i));
        return value;
    }
    std::uint64_t big(std::uint64_t at, std::size_t width) const {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < width; ++i) value = value << 8 | static_cast<unsigned char>(data_.at(at + i));
        return value;
    }
    std::string with_little(std::uint64_t at, std::uint64_t value, std::size_t width, const std::string& format) const {
        auto changed = data_;
        test::put_little(changed, at, value, width);
        return refusal(write(changed), format);
    }
    std::string with_big(std::uint64_t at, std::uint64_t value, std::size_t width) const {
        auto changed = data_;
        test::put_big(changed, at, value, width);
        return refusal(write(changed), "vhd");
    }
    std::string data_;
};

constexpr auto kTwice = "lies where something else of the image lies";
constexpr auto kOutside = "lies outside the image";

TEST_F(BrokenTables, of_vdi_name_each_block_once) {
    take("vdi");
    const auto map = little(0x154, 4);
    EXPECT_TRUE(says(with_little(map + 4, little(map, 4), 4, "vdi"), kTwice));
    EXPECT_TRUE(says(with_little(map + 4, 1000, 4, "vdi"), kOutside));
    EXPECT_EQ(with_little(map + 4, 0xffffffff, 4, "vdi"), "");
}

TEST_F(BrokenTables, of_vhd_name_each_block_once) {
    take("vpc");
    const auto table = big(512 + 16, 8);
    const auto first = big(table, 4);
    EXPECT_TRUE(says(with_big(table + 4, first, 4), kTwice));
    EXPECT_TRUE(says(with_big(table + 4, first + 1, 4), kTwice));  // half over it
    EXPECT_TRUE(says(with_big(table, 1, 4), kTwice));              // over the header
    EXPECT_TRUE(says(with_big(table + 4, 1 << 24, 4), kOutside));
    EXPECT_EQ(with_big(table, 0xffffffff, 4), "");
}

TEST_F(BrokenTables, of_vmdk_come_once_and_name_each_grain_once) {
    take("vmdk");
    const auto directory = little(56, 8) * 512;
    const auto table = little(directory, 4) * 512;
    EXPECT_TRUE(says(with_little(directory + 4, table / 512, 4, "vmdk"), kTwice));
    EXPECT_TRUE(says(with_little(directory + 4, 1 << 24, 4, "vmdk"), kOutside));
    EXPECT_TRUE(says(with_little(table + 4, little(table, 4), 4, "vmdk"), kTwice));
    EXPECT_TRUE(says(with_little(table + 4, 0xfffffff0, 4, "vmdk"), kOutside));
    EXPECT_TRUE(says(with_little(table, little(56, 8), 4, "vmdk"), kTwice));  // over the directory
}

TEST_F(BrokenTables, of_vhdx_are_checked_with_what_they_stand_in) {
    take("vhdx", {"-o", "block_size=1M"});
    constexpr std::uint64_t kFirst = 192 * 1024;
    constexpr std::uint64_t kSecond = 256 * 1024;
    std::map<std::string, std::uint64_t> regions;
    for (std::uint64_t i = 0; i < little(kFirst + 8, 4); ++i) {
        const auto entry = kFirst + 16 + i * 32;
        regions[little(entry, 1) == 0x66 ? "bat" : "metadata"] = entry;
    }
    const auto bat = little(regions.at("bat") + 16, 8);
    const auto first = little(bat, 8);
    EXPECT_TRUE(says(with_little(bat + 8, first, 8, "vhdx"), kTwice));
    EXPECT_TRUE(says(with_little(bat + 8, (1ULL << 40) | 6, 8, "vhdx"), kOutside));
    EXPECT_TRUE(says(with_little(bat, bat | 6, 8, "vhdx"), kTwice));  // over the table itself
    EXPECT_TRUE(says(with_little(bat, first | 7, 8, "vhdx"), "parent"));
    EXPECT_EQ(with_little(bat, 2, 8, "vhdx"), "");

    const auto both = [&](std::uint64_t entry, std::uint64_t offset, std::uint64_t value, std::size_t width) {
        auto changed = data_;
        test::put_little(changed, entry + offset, value, width);
        test::put_little(changed, entry - kFirst + kSecond + offset, value, width);
        return refusal(write(changed), "vhdx");
    };
    EXPECT_TRUE(says(with_little(regions.at("bat") + 16, bat + (1U << 20), 8, "vhdx"), "tables differ"));
    EXPECT_TRUE(says(both(regions.at("bat"), 16, 1ULL << 40, 8), kOutside));
    EXPECT_TRUE(says(both(regions.at("bat"), 16, little(regions.at("metadata") + 16, 8), 8), kTwice));
    EXPECT_TRUE(says(both(regions.at("bat"), 24, 8, 4), "too small for the virtual size"));
    EXPECT_TRUE(says(both(kFirst, 8, 2048, 4), "2047"));
    auto changed = data_;
    for (const auto table : {kFirst, kSecond}) {
        test::put_little(changed, table + 8, 3, 4);
        changed.replace(table + 16 + 2 * 32, 32, data_, kFirst + 16, 32);
    }
    EXPECT_TRUE(says(refusal(write(changed), "vhdx"), "a region twice"));

    const auto metadata = little(regions.at("metadata") + 16, 8);
    const auto item = [&](std::uint64_t guid_byte) {
        for (std::uint64_t i = 0; i < little(metadata + 10, 2); ++i) {
            const auto entry = metadata + 32 + i * 32;
            if (little(entry, 1) == guid_byte) return entry;
        }
        return std::uint64_t{0};
    };
    const auto size = metadata + little(item(0x24) + 16, 4);
    const auto sector = metadata + little(item(0x1d) + 16, 4);
    EXPECT_TRUE(says(with_little(size, 0, 8, "vhdx"), "not 0"));
    EXPECT_TRUE(says(with_little(sector, 1U << 31, 4, "vhdx"), "512 or 4096"));
    EXPECT_TRUE(says(with_little(item(0x1d) + 16, 32, 4, "vhdx"), "in the table of the metadata"));
}

TEST_F(ImageTables, that_nobody_follows_say_nothing) {
    EXPECT_EQ(check_tables(write("data"), "raw"), 0);
    EXPECT_EQ(check_tables(write("data"), "luks"), 0);
}

}  // namespace
}  // namespace virga::image
