#include "rpc/host_report.hpp"

#include <gtest/gtest.h>

#include "config/config.hpp"

namespace virga::rpc {
namespace {

json::object of_a_host() {
    return {{"host", "h1"},
            {"zone", "nova"},
            {"hypervisor_type", "QEMU"},
            {"hypervisor_version", 7'002'000},
            {"vcpus", 8},
            {"memory_mib", config::kMaxBytes >> 20},
            {"disk_gib", 100'000'000},
            {"free_disk_gib", 0},
            {"remote_disks", true},
            {"unconfined", false},
            {"guests_lack", json::array{"a sentence"}},
            {"backends", json::array{json::object{{"name", "local"},
                                                  {"backend_name", "pool"},
                                                  {"driver", "local"},
                                                  {"up", true},
                                                  {"total_gib", 100},
                                                  {"free_gib", 50},
                                                  {"allocated_gib", 10},
                                                  {"max_over_subscription_ratio", 20.5},
                                                  {"reserved_percentage", 5},
                                                  {"host_local", true},
                                                  {"exports", false},
                                                  {"online_snapshot", true}}}}};
}

TEST(HostReport, WhatAHostOfThisVersionSaysIsBelieved) {
    const auto believed = believe(of_a_host());
    EXPECT_EQ(json::object(believed.report), of_a_host());
    EXPECT_TRUE(believed.left_out.empty());
}

TEST(HostReport, WhatIsOddIsLeftOutAndNamed) {
    const std::pair<const char*, json::value> odd[] = {
        {"zone", 5},
        {"zone", json::value(json::string(256, 'z'))},
        {"vcpus", "8"},
        {"vcpus", -1},
        {"vcpus", 1.5},
        {"memory_mib", 18'446'744'073'709'551'615U},
        {"disk_gib", (config::kMaxBytes >> 20) + 1},
        {"remote_disks", "yes"},
        {"cpu_info", json::object{{"x", json::string(20'000, 'x')}}},
        {"guests_lack", json::array{7}},
        {"guests_lack", json::array(65, json::value("x"))},
        {"backends", json::object()},
        {"backends", json::array(1'001)},
    };
    for (const auto& [name, value] : odd) {
        auto said = of_a_host();
        said[name] = value;
        const auto believed = believe(said);
        EXPECT_FALSE(believed.report.contains(name)) << name;
        EXPECT_EQ(believed.left_out, std::vector<std::string>{name});
        EXPECT_EQ(believed.report.size(), said.size() - 1) << name;
    }
}

TEST(HostReport, OneOddBackendHidesNoOther) {
    const json::array said{json::object{{"name", "good"}, {"free_gib", 1}}, 7, json::object{{"free_gib", 1}},
                           json::object{{"name", "half"}, {"free_gib", -1}, {"max_over_subscription_ratio", 1e300}}};
    const auto believed = believe({{"backends", said}});
    EXPECT_EQ(get_array(believed.report, "backends"),
              (json::array{json::object{{"name", "good"}, {"free_gib", 1}}, json::object{{"name", "half"}}}));
    EXPECT_EQ(believed.left_out, (std::vector<std::string>{"backends[1]", "backends[2]", "backends[3].free_gib",
                                                           "backends[3].max_over_subscription_ratio"}));
}

TEST(HostReport, WhatIsUnknownIsLeftOut) {
    const auto believed = believe({{"vcpus", 1}, {"later", json::array(100'000)}, {"zone", nullptr}});
    EXPECT_EQ(json::object(believed.report), (json::object{{"vcpus", 1}}));
    EXPECT_TRUE(believed.left_out.empty());
}

TEST(HostReport, OfVeryManyOddThingsFewAreNamed) {
    const auto believed = believe({{"backends", json::array(1'000)}});
    EXPECT_EQ(believed.left_out.size(), 20U);
}

}  // namespace
}  // namespace virga::rpc
