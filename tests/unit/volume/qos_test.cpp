#include "volume/model/qos.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace virga::volume {
namespace {

QosSpecs specs(json::object values, const char* consumer = "front-end") {
    return {"q", "q", consumer, std::move(values), 0};
}

json::value applied(json::object values, std::int64_t size_gib = 10) {
    return front_end_specs(specs(std::move(values)), size_gib);
}

TEST(Qos, BoundsPerGibGrowWithTheVolume) {
    EXPECT_EQ(applied({{"total_iops_sec_per_gb", "30"}}), json::value({{"total_iops_sec", "300"}}));
    EXPECT_EQ(applied({{"total_iops_sec_per_gb", "30"}, {"total_iops_sec_per_gb_min", "500"}}),
              json::value({{"total_iops_sec", "500"}}));
    EXPECT_EQ(applied({{"read_bytes_sec_per_gb", "999999999999999"}}),
              json::value({{"read_bytes_sec", "1000000000000000"}}));
}

TEST(Qos, APeakBelowTheGrownBoundIsLeftOut) {
    EXPECT_EQ(applied({{"total_iops_sec_per_gb", "30"}, {"total_iops_sec_max", "200"}}),
              json::value({{"total_iops_sec", "300"}}));
    EXPECT_EQ(applied({{"total_iops_sec_per_gb", "10"}, {"total_iops_sec_max", "200"}}),
              json::value({{"total_iops_sec", "100"}, {"total_iops_sec_max", "200"}}));
}

TEST(Qos, TheBackEndsOwnSpecsStayThere) {
    EXPECT_EQ(front_end_specs(specs({{"total_iops_sec", "5"}}, "back-end"), 1), json::value(nullptr));
    EXPECT_NO_THROW(check_specs(specs({{"total_iops_sec", "many"}}, "back-end")));
    EXPECT_THROW(check_specs(specs({{"total_iops_sec", "many"}}, "both")), Error);
}

TEST(Qos, WhatTheHypervisorWouldRefuseIsRefused) {
    EXPECT_THROW(check_specs(specs({{"total_bytes_sec", "5"}, {"write_bytes_sec", "5"}})), Error);
    EXPECT_NO_THROW(check_specs(specs({{"total_bytes_sec", "5"}, {"write_iops_sec", "5"}})));
    EXPECT_THROW(check_specs(specs({{"write_iops_sec_max", "5"}})), Error);
    EXPECT_THROW(check_specs(specs({{"size_iops_sec", "1.5"}})), Error);
    EXPECT_NO_THROW(check_specs(specs({{"colour", "red"}})));
}

}  // namespace
}  // namespace virga::volume
