#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/small_file.hpp"
#include "compute/host/images/disk_image_cache.hpp"
#include "unit/compute_host/temp_folder.hpp"

namespace virga::test {
namespace {

using namespace compute::host;

class ImageCacheTest : public testing::Test {
protected:
    ImageCacheTest() {
        const std::string data(1024 * 1024, 'x');
        write_small_file(temp / "image", data);
        source.image_id = "3b2b1e6e-0000-4000-8000-000000000001";
        source.path = temp / "image";
        source.disk_format = "raw";
        source.container_format = "bare";
        source.size_bytes = static_cast<std::int64_t>(data.size());
        source.sha512 = hash_hex(HashAlgorithm::Sha512, data);
    }
    static std::set<std::string> nobody() { return {}; }

    TempFolder temp;
    BaseFolder folder{temp / "_base"};
    DiskImageCache cache{folder, true};
    ImageSource source;
};

TEST_F(ImageCacheTest, FetchesOnce) {
    const auto first = cache.fetch(source, 0, {});
    EXPECT_FALSE(first.hit);
    EXPECT_EQ(first.base.format, disk::Format::Raw);
    EXPECT_EQ(first.base.virtual_size_bytes, source.size_bytes);
    EXPECT_EQ(first.base.path, temp / "_base/" + hash_hex(HashAlgorithm::Sha1, source.image_id));
    const auto second = cache.fetch(source, 0, {});
    EXPECT_TRUE(second.hit);
    EXPECT_EQ(second.copied_bytes, 0);
    EXPECT_EQ(cache.inventory().size(), 1u);
}

TEST_F(ImageCacheTest, ConcurrentFetchesCopyOnce) {
    std::atomic<int> misses{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] {
            if (!cache.fetch(source, 0, {}).hit) ++misses;
        });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(misses, 1);
}

TEST_F(ImageCacheTest, RefusesWhatIsTooLargeAlsoWhenCached) {
    EXPECT_THROW(cache.fetch(source, 1024, {}), Error);
    EXPECT_TRUE(cache.inventory().empty());
    cache.fetch(source, 0, {});
    EXPECT_THROW(cache.fetch(source, 1024, {}), Error);
}

TEST_F(ImageCacheTest, LeavesNothingWhenTheDataIsWrong) {
    source.sha512[0] = source.sha512[0] == '0' ? '1' : '0';
    EXPECT_THROW(cache.fetch(source, 0, {}), Error);
    EXPECT_FALSE(cache.find(source.image_id).has_value());
    EXPECT_TRUE(cache.inventory().empty());
}

TEST_F(ImageCacheTest, ABaseWithoutRecordIsFetchedAgain) {
    const auto path = cache.fetch(source, 0, {}).base.path;
    std::filesystem::remove(path + ".json");
    write_small_file(path, "half");
    EXPECT_FALSE(cache.find(source.image_id).has_value());
    EXPECT_FALSE(cache.fetch(source, 0, {}).hit);
    EXPECT_EQ(std::filesystem::file_size(path), static_cast<std::uintmax_t>(source.size_bytes));
}

TEST_F(ImageCacheTest, AgeingKeepsTheUsedAndTheYoung) {
    const auto path = cache.fetch(source, 0, {}).base.path;
    EXPECT_EQ(cache.evict_unused(nobody, 3600), 0);
    const timespec old[2] = {{1000, 0}, {1000, 0}};
    ::utimensat(AT_FDCWD, path.c_str(), old, 0);
    EXPECT_EQ(cache.evict_unused([&] { return std::set<std::string>{path}; }, 3600), 0);
    ASSERT_TRUE(cache.find(source.image_id).has_value()) << "a look counts as use";
    EXPECT_EQ(cache.evict_unused(nobody, 3600), 0);
    ::utimensat(AT_FDCWD, path.c_str(), old, 0);
    EXPECT_EQ(cache.evict_unused(nobody, 3600), 1);
    EXPECT_FALSE(std::filesystem::exists(path));
    EXPECT_FALSE(cache.find(source.image_id).has_value());
}

}  // namespace
}  // namespace virga::test
