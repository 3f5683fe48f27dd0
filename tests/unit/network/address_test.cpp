#include "network/model/address.hpp"

#include <gtest/gtest.h>

namespace virga::network {
namespace {

Address address(const char* text) {
    return *Address::parse(text);
}
Cidr cidr(const char* text) {
    return *Cidr::parse(text);
}

TEST(Address, ReadsAndWritesBothVersions) {
    EXPECT_EQ(address("10.1.2.3").text(), "10.1.2.3");
    EXPECT_EQ(address("10.1.2.3").version, 4);
    EXPECT_EQ(address("2001:DB8:0:0::1").text(), "2001:db8::1");
    EXPECT_EQ(address("2001:db8::1").version, 6);
}

TEST(Address, RefusesWhatIsNotAnAddress) {
    for (const char* text :
         {"", "10.1.2", "10.1.2.256", "010.1.2.3", "10.1.2.3/24", "fe80::1%eth0", "1::2::3", " 10.1.2.3"}) {
        EXPECT_FALSE(Address::parse(text)) << text;
    }
    EXPECT_FALSE(Address::parse(std::string_view("10.1.2.3\0x", 10)));
}

TEST(Address, KeysSortLikeAddresses) {
    EXPECT_LT(address("10.0.0.9").key(), address("10.0.0.10").key());
    EXPECT_LT(address("::ffff").key(), address("::1:0").key());
    EXPECT_EQ(Address::from_key(6, address("2001:db8::7").key()), address("2001:db8::7"));
}

TEST(CidrBlock, ClearsHostBitsAndKnowsItsEnds) {
    EXPECT_EQ(cidr("10.1.2.77/24").text(), "10.1.2.0/24");
    EXPECT_EQ(cidr("10.1.2.0/24").last().text(), "10.1.2.255");
    EXPECT_EQ(cidr("2001:db8::5/64").last().text(), "2001:db8::ffff:ffff:ffff:ffff");
    EXPECT_EQ(cidr("::/0").last().text(), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    for (const char* text :
         {"10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "2001:db8::/129", "x/8", "10.0.0.0/8x"}) {
        EXPECT_FALSE(Cidr::parse(text)) << text;
    }
}

TEST(CidrBlock, Overlaps) {
    EXPECT_TRUE(cidr("10.0.0.0/8").overlaps(cidr("10.9.0.0/16")));
    EXPECT_TRUE(cidr("10.9.0.0/16").overlaps(cidr("10.0.0.0/8")));
    EXPECT_FALSE(cidr("10.0.0.0/24").overlaps(cidr("10.0.1.0/24")));
    EXPECT_FALSE(cidr("0.0.0.0/0").overlaps(cidr("::/0")));
}

TEST(Pools, LeaveOutTheGateway) {
    const auto at_start = default_pools(cidr("10.0.0.0/29"), address("10.0.0.1"));
    ASSERT_EQ(at_start.size(), 1U);
    EXPECT_EQ(at_start[0].first.text() + "-" + at_start[0].last.text(), "10.0.0.2-10.0.0.6");
    const auto in_between = default_pools(cidr("10.0.0.0/29"), address("10.0.0.4"));
    ASSERT_EQ(in_between.size(), 2U);
    EXPECT_EQ(in_between[0].last.text(), "10.0.0.3");
    EXPECT_EQ(in_between[1].first.text(), "10.0.0.5");
    EXPECT_EQ(default_pools(cidr("10.0.0.0/32"), address("10.0.0.0")).size(), 0U);
    EXPECT_EQ(default_pools(cidr("10.0.0.0/31"), std::nullopt)[0].last.text(), "10.0.0.1");
    EXPECT_EQ(default_pools(cidr("2001:db8::/64"), address("2001:db8::1"))[0].first.text(), "2001:db8::2");
}

TEST(Pools, NextAddressSkipsGaps) {
    const std::vector<Range> pools{{address("10.0.0.2"), address("10.0.0.3")},
                                   {address("10.0.0.8"), address("10.0.0.9")}};
    EXPECT_EQ(next_in_pools(pools, address("10.0.0.0"))->text(), "10.0.0.2");
    EXPECT_EQ(next_in_pools(pools, address("10.0.0.4"))->text(), "10.0.0.8");
    EXPECT_FALSE(next_in_pools(pools, address("10.0.0.10")));
}

TEST(Mac, AcceptsUnicastOnly) {
    EXPECT_EQ(parse_mac("FA:16:3E:00:00:aB"), "fa:16:3e:00:00:ab");
    for (const char* text :
         {"", "fa:16:3e:00:00", "fa-16-3e-00-00-01", "01:00:5e:00:00:01", "00:00:00:00:00:00", "fa:16:3e:00:00:0g"}) {
        EXPECT_FALSE(parse_mac(text)) << text;
    }
    EXPECT_TRUE(random_mac().starts_with("fa:16:3e:"));
    EXPECT_EQ(parse_mac(random_mac())->size(), 17U);
}

}  // namespace
}  // namespace virga::network
