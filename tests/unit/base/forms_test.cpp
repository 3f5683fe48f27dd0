#include <gtest/gtest.h>

#include "config/between_hosts.hpp"
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

TEST(Forms, Ports) {
    for (const auto* good : {"10809-11832", "1024-65535", "2000-2000"})
        EXPECT_TRUE(between_hosts::are_ports(good)) << good;
    for (const auto* bad : {"", "2000", "80-90", "3000-2000", "2000-65536", "-2000", "2000-", "a-b", "2000-3000-4000"})
        EXPECT_FALSE(between_hosts::are_ports(bad)) << bad;
    EXPECT_EQ(between_hosts::ports_of("2000-2009").last, 2009);
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
