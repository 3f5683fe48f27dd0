#include <gtest/gtest.h>

#include "config/forms.hpp"

namespace virga::config {
namespace {

TEST(Forms, Names) {
    for (const auto* good : {"a", "RegionOne", "Ä b", "__DEFAULT__"}) EXPECT_TRUE(is_name(good)) << good;
    EXPECT_TRUE(is_name(std::string(64, 'n')));
    for (const auto* bad : {"", " ", "a\nb", "\x7f"}) EXPECT_FALSE(is_name(bad)) << bad;
    EXPECT_FALSE(is_name(std::string(65, 'n')));
}

TEST(Forms, Domains) {
    for (const auto* good : {"", "novalocal", "example.org", "a-b.c1"}) EXPECT_TRUE(is_domain_or_empty(good)) << good;
    for (const auto* bad : {".", "a.", ".a", "a..b", "-a", "a-.b", "a b", "a/b", "a_b"})
        EXPECT_FALSE(is_domain_or_empty(bad)) << bad;
    EXPECT_FALSE(is_domain_or_empty(std::string(64, 'a')));
}

TEST(Forms, HostsAndAddresses) {
    for (const auto* good : {"", "host-1", "h_1.example.org", "10.0.0.1"}) EXPECT_TRUE(is_host_or_empty(good)) << good;
    for (const auto* bad : {"..", "../x", "a/b", "-a", ".a", "a b", "a\nb", "a:1"})
        EXPECT_FALSE(is_host_or_empty(bad)) << bad;
    EXPECT_FALSE(is_host_or_empty(std::string(256, 'h')));
    for (const auto* good : {"cloud.example.org", "::1", "[2001:db8::1]"})
        EXPECT_TRUE(is_host_or_address_or_empty(good)) << good;
    for (const auto* bad : {"[cloud]", "a b", "2001:db8::/64"}) EXPECT_FALSE(is_host_or_address_or_empty(bad)) << bad;
}

}  // namespace
}  // namespace virga::config
