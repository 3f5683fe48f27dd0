#include "disk/share_mount.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "base/error.hpp"
#include "disk/disk.hpp"

namespace virga::disk {
namespace {

class ShareMountTest : public ::testing::Test {
protected:
    ShareMountTest() {
        char name[] = "/tmp/virga-share-XXXXXX";
        folder_ = ::mkdtemp(name);
    }
    ~ShareMountTest() override { std::filesystem::remove_all(folder_); }
    static ErrorCode code_of(const std::function<void()>& action) {
        try {
            action();
        } catch (const Error& e) {
            return e.code();
        }
        return ErrorCode::Internal;
    }

    std::string folder_;
};

TEST_F(ShareMountTest, MountPointIsTheDigestOfTheSource) {
    EXPECT_EQ(mount_point_of("/base", "server:/export"), "/base/e6e980ea11fb380ad110d97cbda6eafc");
}

TEST_F(ShareMountTest, AFolderIsNoMount) {
    EXPECT_EQ(mount_state(folder_), MountState::Absent);
    EXPECT_EQ(mount_state(folder_ + "/none"), MountState::Absent);
    EXPECT_EQ(mount_state("/proc"), MountState::Alive);
}

TEST_F(ShareMountTest, OnlyPlainNamesWithinTheShare) {
    std::filesystem::create_directories(folder_ + "/_base");
    EXPECT_EQ(path_in_share(folder_, "volume-1"), folder_ + "/volume-1");
    EXPECT_EQ(path_in_share(folder_, "_base/x.raw"), folder_ + "/_base/x.raw");
    for (const std::string name : {"", ".", "..", "../x", "/etc/passwd", "a/b", "_base/../x", "_base/", "_base/.x"})
        EXPECT_EQ(code_of([&] { path_in_share(folder_, name); }), ErrorCode::InvalidInput) << name;
    std::filesystem::create_symlink("/etc/passwd", folder_ + "/link");
    std::filesystem::create_symlink(folder_ + "/volume-1", folder_ + "/inner");
    for (const auto* link : {"link", "inner"})
        EXPECT_EQ(code_of([&] { path_in_share(folder_, link); }), ErrorCode::Corrupt) << link;
    EXPECT_EQ(code_of([&] { check_in_share(folder_, folder_ + "/link"); }), ErrorCode::Corrupt);
    EXPECT_EQ(code_of([&] { check_in_share(folder_, "/etc/passwd"); }), ErrorCode::Corrupt);
    EXPECT_EQ(code_of([&] { check_in_share(folder_, folder_ + "-other/x"); }), ErrorCode::Corrupt);
}

TEST_F(ShareMountTest, BackingOfAQcow2IsReadFromItsHeader) {
    const auto path = folder_ + "/disk";
    create_qcow2(path, kGiB);
    EXPECT_FALSE(qcow2_backing(path));
    create_qcow2(path, kGiB, Backing{"volume-1", "raw"});
    const auto backing = qcow2_backing(path);
    ASSERT_TRUE(backing);
    EXPECT_EQ(backing->path, "volume-1");
    EXPECT_EQ(backing->format, "raw");
    const auto text = read_file(path);
    auto broken = text;
    broken[17] = '\x7f';  // length of the name
    write_file_atomically(path, broken);
    EXPECT_EQ(code_of([&] { qcow2_backing(path); }), ErrorCode::Corrupt);
    write_file_atomically(path, text.substr(0, 90));
    EXPECT_EQ(code_of([&] { qcow2_backing(path); }), ErrorCode::Corrupt);
}

}  // namespace
}  // namespace virga::disk
