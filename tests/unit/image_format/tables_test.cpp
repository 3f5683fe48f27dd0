#include "image/format/tables.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

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

TEST_F(ImageTables, that_nobody_follows_say_nothing) {
    EXPECT_EQ(check_tables(write("data"), "raw"), 0);
    EXPECT_EQ(check_tables(write("data"), "luks"), 0);
}

}  // namespace
}  // namespace virga::image
