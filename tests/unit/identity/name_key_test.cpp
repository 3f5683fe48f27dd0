#include "identity/repo/name_key.hpp"

#include <gtest/gtest.h>

namespace virga::identity::repo {
namespace {

TEST(NameKey, ComparesWithoutCase) {
    EXPECT_TRUE(is_same_name("Default", "default"));
    EXPECT_TRUE(is_same_name("ÜNAL Привет", "ünal привет"));
    EXPECT_FALSE(is_same_name("default", "default "));
    EXPECT_EQ(name_key("A\xff"
                       "B"),
              "a\xff"
              "b");
    EXPECT_EQ(name_key(""), "");
}

}  // namespace
}  // namespace virga::identity::repo
