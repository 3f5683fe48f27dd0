#include <gtest/gtest.h>

#include "network/model/fault.hpp"
#include "network/model/rule_check.hpp"
#include "network/model/subnet_rules.hpp"

namespace virga::network {
namespace {

std::string fault_type(const std::function<void()>& action) {
    try {
        action();
    } catch (const Fault& fault) {
        return fault.type();
    }
    return "none";
}

Subnet subnet(const char* block) {
    Subnet made;
    made.id = block;
    made.cidr = *Cidr::parse(block);
    return made;
}

Range range(const char* first, const char* last) {
    return {*Address::parse(first), *Address::parse(last)};
}

TEST(SubnetRules, RefuseBlocksThatHostsCannotHave) {
    for (const char* text : {"127.0.0.0/8", "0.0.0.0/0", "224.0.0.0/4", "255.255.255.0/24"}) {
        EXPECT_EQ(fault_type([&] { check_cidr(*Cidr::parse(text), 4); }), "InvalidInput") << text;
    }
    EXPECT_EQ(fault_type([] { check_cidr(*Cidr::parse("ff02::/64"), 6); }), "InvalidInput");
    EXPECT_EQ(fault_type([] { check_cidr(*Cidr::parse("10.0.0.0/24"), 6); }), "InvalidInput");
    EXPECT_EQ(fault_type([] { check_cidr(*Cidr::parse("10.0.0.0/24"), 4); }), "none");
    EXPECT_EQ(fault_type([] { check_cidr(*Cidr::parse("2001:db8::/64"), 6); }), "none");
}

TEST(SubnetRules, RefuseOverlap) {
    EXPECT_EQ(fault_type([] { check_overlap(subnet("10.0.0.0/24"), {subnet("10.0.0.128/25")}); }), "InvalidInput");
    EXPECT_EQ(fault_type([] {
                  check_overlap(subnet("10.0.0.0/24"), {subnet("10.0.1.0/24"), subnet("fd00::/64")});
              }),
              "none");
}

TEST(SubnetRules, CheckPools) {
    auto good = subnet("10.0.0.0/24");
    good.gateway_ip = "10.0.0.1";
    good.pools = {range("10.0.0.100", "10.0.0.110"), range("10.0.0.2", "10.0.0.9")};
    EXPECT_EQ(fault_type([&] { check_pools(good); }), "none");
    EXPECT_EQ(good.pools.front().first.text(), "10.0.0.2");
    auto bad = good;
    bad.pools = {range("10.0.0.9", "10.0.0.2")};
    EXPECT_EQ(fault_type([&] { check_pools(bad); }), "InvalidAllocationPool");
    bad.pools = {range("10.0.0.9", "10.0.0.255")};
    EXPECT_EQ(fault_type([&] { check_pools(bad); }), "InvalidAllocationPool");
    bad.pools = {range("10.0.0.2", "10.0.0.9"), range("10.0.0.9", "10.0.0.12")};
    EXPECT_EQ(fault_type([&] { check_pools(bad); }), "OverlappingAllocationPools");
    bad.pools = {range("10.0.0.1", "10.0.0.9")};
    EXPECT_EQ(fault_type([&] { check_pools(bad); }), "GatewayConflictWithAllocationPools");
}

TEST(SubnetRules, CheckGateway) {
    const auto block = *Cidr::parse("10.0.0.0/24");
    EXPECT_EQ(fault_type([&] { check_gateway(block, *Address::parse("10.0.0.254")); }), "none");
    for (const char* text : {"10.0.0.0", "10.0.0.255", "fd00::1", "0.0.0.0"}) {
        EXPECT_EQ(fault_type([&] { check_gateway(block, *Address::parse(text)); }), "InvalidInput") << text;
    }
}

SecurityGroupRule rule(const char* protocol, std::optional<std::int64_t> min, std::optional<std::int64_t> max) {
    SecurityGroupRule made;
    made.direction = "ingress";
    made.ethertype = "IPv4";
    made.protocol = protocol;
    made.port_min = min;
    made.port_max = max;
    return made;
}

std::string rule_fault(SecurityGroupRule made) {
    return fault_type([&] { check_rule(made); });
}

TEST(GroupRules, CheckPortsAgainstProtocol) {
    EXPECT_EQ(rule_fault(rule("tcp", 22, 22)), "none");
    EXPECT_EQ(rule_fault(rule("6", 22, 80)), "none");
    EXPECT_EQ(rule_fault(rule("tcp", 80, 22)), "SecurityGroupInvalidPortRange");
    EXPECT_EQ(rule_fault(rule("tcp", 0, 22)), "SecurityGroupInvalidPortRange");
    EXPECT_EQ(rule_fault(rule("udp", 22, {})), "SecurityGroupInvalidPortRange");
    EXPECT_EQ(rule_fault(rule("", 22, 22)), "SecurityGroupProtocolRequiredWithPorts");
    EXPECT_EQ(rule_fault(rule("gre", 22, 22)), "SecurityGroupProtocolRequiredWithPorts");
    EXPECT_EQ(rule_fault(rule("icmp", 8, 0)), "none");
    EXPECT_EQ(rule_fault(rule("icmp", 256, {})), "SecurityGroupInvalidIcmpValue");
    EXPECT_EQ(rule_fault(rule("icmp", {}, 0)), "SecurityGroupMissingIcmpType");
}

TEST(GroupRules, CheckProtocolAndRemote) {
    EXPECT_EQ(checked_protocol("TCP"), "tcp");
    EXPECT_EQ(checked_protocol("any"), "");
    EXPECT_EQ(fault_type([] { checked_protocol("256"); }), "SecurityGroupRuleInvalidProtocol");
    auto remote = rule("", {}, {});
    remote.remote_ip_prefix = "10.1.2.3/8";
    check_rule(remote);
    EXPECT_EQ(remote.remote_ip_prefix, "10.0.0.0/8");
    remote.remote_ip_prefix = "2001:db8::/32";
    EXPECT_EQ(rule_fault(remote), "SecurityGroupRuleParameterConflict");
    remote.remote_ip_prefix = "10.1.2.3";
    remote.remote_group_id = "x";
    EXPECT_EQ(rule_fault(remote), "SecurityGroupMultipleRemoteEntities");
}

TEST(GroupRules, NamesAndNumbersAreTheSameProtocol) {
    EXPECT_TRUE(is_same_rule(rule("tcp", 1, 2), rule("6", 1, 2)));
    EXPECT_FALSE(is_same_rule(rule("tcp", 1, 2), rule("udp", 1, 2)));
    EXPECT_FALSE(is_same_rule(rule("", {}, {}), rule("0", {}, {})));
}

}  // namespace
}  // namespace virga::network
