#include "base/public_text.hpp"

#include <gtest/gtest.h>

namespace virga {
namespace {

TEST(PublicText, HasNoPaths) {
    EXPECT_EQ(without_paths("open /var/lib/virga/host/volumes/volume-1: No such file"), "open (file): No such file");
    EXPECT_EQ(without_paths("'/a/b' and (/c), file=/d"), "'(file)' and ((file)), file=(file)");
    EXPECT_EQ(without_paths("/etc/shadow"), "(file)");
    EXPECT_EQ(without_paths("mount -t nfs s1:/volumes failed"), "mount -t nfs (file) failed");
}

TEST(PublicText, KeepsTheRest) {
    for (const auto* text : {"", "/", "a / b", "and/or", "1/2", "http://host:80/path", "text/plain", "user/project: no",
                             "no device /dev/vdb"}) {
        EXPECT_EQ(without_paths(text), text);
    }
}

TEST(PublicText, ToldByAHostIsAboutTheRequestOrAFixedSentence) {
    EXPECT_EQ(public_reason(ErrorCode::InvalidInput, "the image of /a/b is too large"),
              "the image of (file) is too large");
    for (const auto code : {ErrorCode::Internal, ErrorCode::Corrupt, ErrorCode::NoSpace, ErrorCode::NotFound,
                            ErrorCode::Unavailable, ErrorCode::Timeout}) {
        const auto text = public_reason(code, "qemu-img exit code 1");
        EXPECT_EQ(text.find("qemu"), std::string::npos) << text;
        EXPECT_TRUE(text.ends_with(".")) << text;
    }
}

}  // namespace
}  // namespace virga
