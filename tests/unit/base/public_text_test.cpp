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

}  // namespace
}  // namespace virga
