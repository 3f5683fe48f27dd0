#include "compute/flows/flow_data.hpp"

#include <gtest/gtest.h>

namespace virga::compute::flows {
namespace {

/// What an earlier version stored, as text: a flow that it began must go on.
constexpr const char* kBoot =
    R"({"server":"s","auth":{"user":"u","user_name":"n","project":"p","project_name":"pn","roles":["member"],)"
    R"("standings":1,"request_id":"req"},"nics":[{"network":"net","port":"","fixed_ip":"10.0.0.5","tag":"t"}],)"
    R"("security_groups":["g"],"decisions":["d1","d2"],"wanted_zone":"nova","wanted_host":"","same_host":["a"],)"
    R"("different_host":[],"host":"h2","volume_host":"h2","volume_zone":"nova","alternates":["h3"],)"
    R"("round":2,"excluded":["h1"],"last_error":"no"})";

TEST(FlowData, OfABootThatAnEarlierVersionBegan) {
    const auto data = taskflow::decode<BootData>(parse_object(kBoot));
    EXPECT_EQ(data.server.value, "s");
    EXPECT_EQ(data.auth.user.value, "u");
    EXPECT_EQ(data.auth.roles, std::vector<std::string>{"member"});
    EXPECT_EQ(data.auth.standings.bits(), 1);
    EXPECT_EQ(data.host, "h2");
    EXPECT_EQ(data.round, 2);
    ASSERT_EQ(data.nics.size(), 1U);
    EXPECT_EQ(data.nics[0].fixed_ip, "10.0.0.5");
    EXPECT_EQ(data.alternates, std::vector<std::string>{"h3"});
    EXPECT_EQ(data.excluded, std::vector<std::string>{"h1"});
    EXPECT_EQ(data.last_error, "no");
    EXPECT_FALSE(data.way);
}

TEST(FlowData, OfABootIsStoredUnderTheSameNames) {
    const auto stored = parse_object(kBoot);
    const auto again = taskflow::encode(taskflow::decode<BootData>(stored));
    EXPECT_EQ(again, stored);
}

TEST(FlowData, KeepsTheWayOfABoot) {
    BootData data;
    data.way = BootWay::SnapshotToVolume;
    const auto stored = taskflow::encode(data);
    EXPECT_EQ(get_string(stored, "way"), "boot from volume snapshot (creates a new volume)");
    EXPECT_EQ(taskflow::decode<BootData>(stored).way, BootWay::SnapshotToVolume);
}

TEST(FlowData, OfADeleteThatAnEarlierVersionBegan) {
    const auto data =
        taskflow::decode<DeleteServerData>(parse_object(R"({"server":"s","auth":{},"cancelled":["f1","f2"]})"));
    EXPECT_EQ(data.cancelled, (std::vector{FlowId("f1"), FlowId("f2")}));
    EXPECT_EQ(data.round, 1);
    EXPECT_EQ(data.host, "");
}

TEST(FlowData, OfAFlowOnAHost) {
    EXPECT_EQ(taskflow::decode<ServerData>(parse_object(R"({"host":"h1"})")).host, "h1");
}

}  // namespace
}  // namespace virga::compute::flows
