#include "network/model/rule_check.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <tuple>

#include "network/model/fault.hpp"

namespace virga::network {
namespace {

// IANA's numbers of the protocols that rules may name.
const std::map<std::string, int, std::less<>>& protocol_numbers() {
    static const std::map<std::string, int, std::less<>> kNumbers{
        {"icmp", 1},  {"igmp", 2},        {"ipip", 4},        {"tcp", 6},        {"egp", 8},         {"udp", 17},
        {"dccp", 33}, {"ipv6-encap", 41}, {"ipv6-route", 43}, {"ipv6-frag", 44}, {"rsvp", 46},       {"gre", 47},
        {"esp", 50},  {"ah", 51},         {"ipv6-icmp", 58},  {"icmpv6", 58},    {"ipv6-nonxt", 59}, {"ipv6-opts", 60},
        {"ospf", 89}, {"pgm", 113},       {"vrrp", 112},      {"sctp", 132},     {"udplite", 136}};
    return kNumbers;
}

int number_of(const std::string& protocol) {
    const auto found = protocol_numbers().find(protocol);
    if (found != protocol_numbers().end()) return found->second;
    int number = -1;
    const auto [end, failure] = std::from_chars(protocol.data(), protocol.data() + protocol.size(), number);
    const bool is_number = failure == std::errc{} && end == protocol.data() + protocol.size();
    return is_number && number >= 0 && number <= 255 ? number : -1;
}

bool has_ports(int protocol) {
    constexpr std::array<int, 5> kWithPorts{6, 17, 33, 132, 136};
    return std::find(kWithPorts.begin(), kWithPorts.end(), protocol) != kWithPorts.end();
}

void check_icmp(const SecurityGroupRule& rule) {
    const auto require_byte = [](const std::optional<std::int64_t>& n, const std::string& name) {
        if (!n || (*n >= 0 && *n <= 255)) return;
        throw bad_request("SecurityGroupInvalidIcmpValue",
                          "Invalid value for ICMP " + name + " " + std::to_string(*n) + ". It must be 0 to 255.");
    };
    require_byte(rule.port_min, "type (port_range_min)");
    require_byte(rule.port_max, "code (port_range_max)");
    if (rule.port_max && !rule.port_min) {
        throw bad_request("SecurityGroupMissingIcmpType",
                          "ICMP type (port-range-min) is missing: port_range_min must be given, too.");
    }
}

void check_ports(const SecurityGroupRule& rule) {
    if (!rule.port_min && !rule.port_max) return;
    const int protocol = number_of(rule.protocol);
    if (protocol == 1 || protocol == 58) return check_icmp(rule);
    if (!has_ports(protocol)) {
        throw bad_request("SecurityGroupProtocolRequiredWithPorts",
                          "Port ranges need the protocol tcp, udp, dccp, sctp or udplite.");
    }
    const auto is_port = [](const std::optional<std::int64_t>& n) { return n && *n >= 1 && *n <= 65535; };
    if (!is_port(rule.port_min) || !is_port(rule.port_max) || *rule.port_min > *rule.port_max) {
        throw bad_request("SecurityGroupInvalidPortRange",
                          "For TCP/UDP protocols, port_range_min must be <= port_range_max, both 1 to 65535.");
    }
}

void check_remote(SecurityGroupRule& rule) {
    if (rule.remote_ip_prefix.empty()) return;
    if (!rule.remote_group_id.empty()) {
        throw bad_request("SecurityGroupMultipleRemoteEntities",
                          "Only one of remote_ip_prefix and remote_group_id may be provided.");
    }
    auto cidr = Cidr::parse(rule.remote_ip_prefix);
    if (const auto address = Address::parse(rule.remote_ip_prefix)) cidr = Cidr{*address, address->bits()};
    if (!cidr) {
        throw bad_request("InvalidInput", "security_group_rule.remote_ip_prefix: '" + rule.remote_ip_prefix +
                                              "' is not a block of addresses");
    }
    if ((cidr->base.version == 4) != (rule.ethertype == "IPv4")) {
        throw bad_request("SecurityGroupRuleParameterConflict",
                          "Conflicting value ethertype " + rule.ethertype + " for CIDR " + rule.remote_ip_prefix);
    }
    rule.remote_ip_prefix = cidr->text();
}

}  // namespace

std::string checked_protocol(const std::string& text) {
    std::string protocol = text;
    std::transform(protocol.begin(), protocol.end(), protocol.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (protocol.empty() || protocol == "any") return {};
    if (number_of(protocol) < 0) {
        throw bad_request("SecurityGroupRuleInvalidProtocol",
                          "Security group rule protocol " + text + " not supported: give a name or a number 0 to 255.");
    }
    return protocol;
}

void check_rule(SecurityGroupRule& rule) {
    check_ports(rule);
    check_remote(rule);
    if (rule.ethertype == "IPv4" && number_of(rule.protocol) == 58) {
        throw bad_request("SecurityGroupEthertypeConflictWithProtocol",
                          "Invalid ethertype IPv4 for protocol " + rule.protocol);
    }
}

bool is_same_rule(const SecurityGroupRule& a, const SecurityGroupRule& b) {
    const auto key = [](const SecurityGroupRule& rule) {
        return std::tuple(rule.direction, rule.ethertype, rule.protocol.empty() ? -1 : number_of(rule.protocol),
                          rule.port_min, rule.port_max, rule.remote_ip_prefix, rule.remote_group_id);
    };
    return key(a) == key(b);
}

}  // namespace virga::network
