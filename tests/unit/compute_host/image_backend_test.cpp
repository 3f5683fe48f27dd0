#include <gtest/gtest.h>

#include <filesystem>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/small_file.hpp"
#include "compute/host/images/blank_bases.hpp"
#include "compute/host/images/qcow2_backend.hpp"
#include "compute/host/images/raw_backend.hpp"
#include "compute/host/server_folder.hpp"
#include "compute/host/used_bases.hpp"
#include "compute/virt/qcow2_chain.hpp"
#include "disk/disk.hpp"
#include "unit/compute_host/temp_folder.hpp"

namespace virga::test {
namespace {

using namespace compute::host;
constexpr std::int64_t kMiB = 1024 * 1024;

class ImageBackendTest : public testing::Test {
protected:
    ImageBackendTest() { write_small_file(base.path, std::string(kMiB, 'x')); }

    TempFolder temp;
    BaseImage base{temp / "base", disk::Format::Raw, kMiB};
};

TEST_F(ImageBackendTest, Qcow2MakesAnOverlayThatNamesItsBaseAndFormat) {
    const auto made = Qcow2Backend().create_image(base, temp / "disk", 5 * kMiB, {});
    EXPECT_EQ(made.format, disk::Format::Qcow2);
    EXPECT_EQ(made.backing, base.path);
    EXPECT_EQ(disk::virtual_size(temp / "disk", "qcow2"), 5 * kMiB);
    const auto below = compute::virt::backing_of(temp / "disk");
    ASSERT_TRUE(below.has_value());
    EXPECT_EQ(below->path, base.path);
    EXPECT_EQ(below->format, disk::Format::Raw);
}

TEST_F(ImageBackendTest, ZeroMeansTheSizeOfTheImage) {
    Qcow2Backend().create_image(base, temp / "disk", 0, {});
    EXPECT_EQ(disk::virtual_size(temp / "disk", "qcow2"), kMiB);
}

TEST_F(ImageBackendTest, NeverShrinks) {
    EXPECT_THROW(Qcow2Backend().create_image(base, temp / "disk", kMiB / 2, {}), Error);
    EXPECT_THROW(RawBackend().create_image(base, temp / "disk", kMiB / 2, {}), Error);
    EXPECT_FALSE(std::filesystem::exists(temp / "disk"));
}

TEST_F(ImageBackendTest, ABaseThatIsNotWhatWasRecordedIsRefused) {
    base.format = disk::Format::Qcow2;
    EXPECT_THROW(Qcow2Backend().create_image(base, temp / "disk", 0, {}), Error);
}

TEST_F(ImageBackendTest, RawCopiesAndGrows) {
    const auto made = RawBackend().create_image(base, temp / "disk", 3 * kMiB, {});
    EXPECT_EQ(made.format, disk::Format::Raw);
    EXPECT_TRUE(made.backing.empty());
    EXPECT_EQ(std::filesystem::file_size(temp / "disk"), 3u * kMiB);
    EXPECT_EQ(read_small_file(temp / "disk")->substr(0, kMiB), std::string(kMiB, 'x'));
}

TEST_F(ImageBackendTest, UsedBasesAreThoseOfOverlays) {
    const ServerFolder server(temp.path(), new_uuid());
    server.create();
    EXPECT_TRUE(used_bases(temp.path()).empty());
    const auto made = Qcow2Backend().create_image(base, server.disk_path(compute::DiskName::root()), 0, {});
    server.record_disk(compute::DiskName::root(), {made.format, ""});
    EXPECT_EQ(used_bases(temp.path()), std::set<std::string>{base.path});
}

TEST_F(ImageBackendTest, SwapAndEphemeralBasesAreFormattedOnce) {
    BaseFolder folder(temp / "_base");
    BlankBases blanks(folder, false);
    const auto swap = blanks.swap(4);
    EXPECT_EQ(swap.path, temp / "_base/swap_4");
    EXPECT_EQ(read_small_file(swap.path)->substr(4086, 10), "SWAPSPACE2");
    const auto ephemeral = blanks.ephemeral(1024);
    EXPECT_EQ(ephemeral.path.substr(0, ephemeral.path.size() - 7), temp / "_base/ephemeral_1_");
    EXPECT_EQ(disk::virtual_size(ephemeral.path, "raw"), 1024 * kMiB);
    EXPECT_EQ(blanks.ephemeral(1024).path, ephemeral.path);
    EXPECT_EQ(folder.inventory().size(), 2u);
    EXPECT_THROW(blanks.swap(0), Error);
}

}  // namespace
}  // namespace virga::test
