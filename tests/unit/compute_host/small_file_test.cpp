#include "base/small_file.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "network/host/taps.hpp"
#include "unit/compute_host/temp_folder.hpp"

namespace virga::test {
namespace {

TEST(SmallFile, WritesReplacesAndReads) {
    const TempFolder temp;
    EXPECT_FALSE(read_small_file(temp / "a/b").has_value());
    write_small_file(temp / "a/b", "one");
    write_small_file(temp / "a/b", "two");
    EXPECT_EQ(read_small_file(temp / "a/b"), "two");
    EXPECT_EQ(folder_entries(temp / "a"), std::vector<std::string>{"b"});
    EXPECT_TRUE(folder_entries(temp / "missing").empty());
}

TEST(Taps, DisabledOnesAreRememberedAcrossProcesses) {
    const TempFolder temp;
    network::Nic nic;
    nic.tap = "tapabc";
    nic.bridge = "vbrabc";
    {
        network::host::Taps taps(false, temp.path());
        taps.plug({nic});
        taps.plug({nic});
    }
    network::host::Taps taps(false, temp.path());
    EXPECT_EQ(taps.inventory(), std::vector<std::string>{"tapabc"});
    taps.unplug({nic});
    taps.unplug({nic});
    EXPECT_TRUE(taps.inventory().empty());
}

TEST(Taps, ForeignNamesAreRefused) {
    const TempFolder temp;
    network::host::Taps taps(false, temp.path());
    network::Nic nic;
    nic.tap = "eth0";
    nic.bridge = "vbrabc";
    EXPECT_THROW(taps.plug({nic}), Error);
    EXPECT_THROW(taps.unplug({nic}), Error);
    nic.tap = "tap/../../x";
    EXPECT_THROW(taps.plug({nic}), Error);
}

}  // namespace
}  // namespace virga::test
