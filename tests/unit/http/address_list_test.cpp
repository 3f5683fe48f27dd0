#include "http/address_list.hpp"

#include <gtest/gtest.h>

namespace virga::http {
namespace {

TEST(AddressList, ItemsAreAddressesAndNetworks) {
    for (const char* text : {"127.0.0.1", "::1", "10.0.0.0/8", "0.0.0.0/0", "2001:db8::/64", "::/0", "192.0.2.7/32"})
        EXPECT_TRUE(AddressList::is_item(text)) << text;
    for (const char* text : {"", "foo", "10.0.0", "10.0.0.0/33", "::1/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x",
                             "10.0.0.0 ", "10.0.0.1:80", "/8", "localhost"})
        EXPECT_FALSE(AddressList::is_item(text)) << text;
}

TEST(AddressList, ContainsWhatIsInANetwork) {
    const AddressList list({"192.0.2.7", "10.16.0.0/12", "2001:db8::/33"});
    for (const char* text : {"192.0.2.7", "::ffff:192.0.2.7", "10.16.0.0", "10.31.255.255", "2001:db8:7fff::1"})
        EXPECT_TRUE(list.contains(text)) << text;
    for (const char* text : {"192.0.2.8", "10.32.0.0", "10.15.255.255", "2001:db8:8000::1", "::1", "", "foo"})
        EXPECT_FALSE(list.contains(text)) << text;
    EXPECT_TRUE(AddressList({"0.0.0.0/0"}).contains("198.51.100.1"));
    EXPECT_FALSE(AddressList({"0.0.0.0/0"}).contains("2001:db8::1"));
    EXPECT_FALSE(AddressList({}).contains("127.0.0.1"));
}

TEST(AddressList, KnowsWhatIsOfThisMachineAlone) {
    for (const char* text : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"})
        EXPECT_TRUE(is_loopback(text)) << text;
    for (const char* text : {"0.0.0.0", "::", "192.0.2.7", "128.0.0.1"}) EXPECT_FALSE(is_loopback(text)) << text;
    EXPECT_TRUE(AddressList({"127.0.0.1", "::1"}).all_loopback());
    EXPECT_TRUE(AddressList({}).all_loopback());
    EXPECT_FALSE(AddressList({"127.0.0.1", "192.0.2.7"}).all_loopback());
    EXPECT_FALSE(AddressList({"0.0.0.0/0"}).all_loopback());
}

}  // namespace
}  // namespace virga::http
