#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "base/own_folder.hpp"

namespace virga {
namespace {

namespace fs = std::filesystem;

class OwnFolder : public ::testing::Test {
protected:
    OwnFolder() {
        std::string name = (fs::temp_directory_path() / "virga-folder-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
        folder_ = name;
    }
    ~OwnFolder() override { fs::remove_all(folder_); }

    std::string refusal(const fs::path& path) const {
        try {
            check_own_folder("volume.path", path.string(), {"_base"});
            return {};
        } catch (const Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::InvalidInput);
            return error.message();
        }
    }

    fs::path folder_;
};

TEST_F(OwnFolder, IsOneThatIsEmptyOrNotThere) {
    EXPECT_EQ(refusal(folder_), "");
    fs::create_directory(folder_ / "lost+found");
    EXPECT_EQ(refusal(folder_), "");
    EXPECT_EQ(refusal(folder_ / "a" / "b"), "");
    EXPECT_FALSE(fs::exists(folder_ / "a"));
}

TEST_F(OwnFolder, IsKnownByItsSigns) {
    std::ofstream(folder_ / "theirs") << "text";
    EXPECT_NE(refusal(folder_).find("volume.path: " + folder_.string()), std::string::npos);
    fs::create_directory(folder_ / "_base");
    EXPECT_EQ(refusal(folder_), "");
}

TEST_F(OwnFolder, IsNoFileAndNotBelowOne) {
    std::ofstream(folder_ / "file") << "text";
    EXPECT_NE(refusal(folder_ / "file"), "");
    EXPECT_NE(refusal(folder_ / "file" / "below"), "");
    for (const auto* path : {"relative", "", "/", "/proc/x", "/dev/null", "/dev/null/x"})
        EXPECT_NE(refusal(path), "") << path;
}

}  // namespace
}  // namespace virga
