#include "network/host/spoof_guard.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/error.hpp"

namespace virga::network::host {
namespace {

constexpr const char* kSenders = "sender";  ///< chain of IPv6 that isn't a forged advertisement
// Offsets of what the rules look at.
constexpr std::uint32_t kEtherSource = 6;
constexpr std::uint32_t kEtherType = 12;
constexpr std::uint32_t kArpSenderMac = 8;
constexpr std::uint32_t kArpSenderIp = 14;
constexpr std::uint32_t kIpv4Source = 12;
constexpr std::uint32_t kIpv6Source = 8;
constexpr std::uint32_t kPorts = 0;
constexpr std::uint32_t kIcmpType = 0;
constexpr std::uint32_t kAdvertisedTarget = 8;

constexpr std::string_view kIpv4("\x08\x00", 2);
constexpr std::string_view kArp("\x08\x06", 2);
constexpr std::string_view kIpv6("\x86\xdd", 2);
constexpr std::string_view kDhcpServer("\x00\x43", 2);
constexpr std::string_view kDhcpRequest("\x00\x44\x00\x43", 4);  ///< from port 68 to 67
constexpr std::string_view kDhcpv6Server("\x02\x23", 2);
constexpr char kRouterAdvertisement = static_cast<char>(134);
constexpr char kNeighbourAdvertisement = static_cast<char>(136);
constexpr char kRedirect = static_cast<char>(137);
/// What a stack sends before it has an address: listener reports, router and neighbour solicitations.
constexpr char kNewcomer[] = {static_cast<char>(131), static_cast<char>(133), static_cast<char>(135),
                              static_cast<char>(143)};

/// Source addresses in one family, "10.0.0.5" or "10.0.0.0/24".
struct Prefix {
    std::string bytes;
    std::size_t length = 0;

    bool is_ipv4() const { return bytes.size() == 4; }
};

struct Source {
    std::string mac;  ///< 6 bytes
    Prefix prefix;
};

[[noreturn]] void refuse(const std::string& what) {
    throw Error(ErrorCode::InvalidInput, "'" + what + "' is not an address that a guest could have");
}

std::string mac_bytes(const std::string& text) {
    unsigned b[6];
    int end = 0;
    if (std::sscanf(text.c_str(), "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5], &end) != 6 ||
        static_cast<std::size_t>(end) != text.size())
        refuse(text);
    std::string bytes;
    for (const unsigned byte : b) bytes += static_cast<char>(byte);
    return bytes;
}

Prefix parse_prefix(const std::string& text) {
    const auto slash = text.find('/');
    const auto address = text.substr(0, slash);
    const bool is_ipv6 = address.find(':') != std::string::npos;
    Prefix prefix{std::string(is_ipv6 ? 16 : 4, '\0'), is_ipv6 ? 128U : 32U};
    if (::inet_pton(is_ipv6 ? AF_INET6 : AF_INET, address.c_str(), prefix.bytes.data()) != 1) refuse(text);
    if (slash == std::string::npos) return prefix;
    char* end = nullptr;
    const long length = std::strtol(text.c_str() + slash + 1, &end, 10);
    if (end == text.c_str() + slash + 1 || *end != '\0' || length < 0 ||
        static_cast<std::size_t>(length) > prefix.length)
        refuse(text);
    prefix.length = static_cast<std::size_t>(length);
    return prefix;
}

/// fe80::/64 and the MAC as EUI-64, which every IPv6 stack may use before it is told anything.
Prefix link_local(const std::string& mac) {
    std::string bytes("\xfe\x80\0\0\0\0\0\0", 8);
    bytes += static_cast<char>(mac[0] ^ 2);
    bytes += mac.substr(1, 2) + "\xff\xfe" + mac.substr(3);
    return {bytes, 128};
}

std::string mac_of(const Nic& nic, const AddressPair& pair) {
    return mac_bytes(pair.mac.empty() ? nic.mac : pair.mac);
}

std::vector<std::string> macs_of(const Nic& nic) {
    std::vector<std::string> macs{mac_bytes(nic.mac)};
    for (const auto& pair : nic.address_pairs)
        if (auto mac = mac_of(nic, pair); std::find(macs.begin(), macs.end(), mac) == macs.end())
            macs.push_back(std::move(mac));
    return macs;
}

std::vector<Source> sources_of(const Nic& nic, const std::vector<std::string>& macs) {
    std::vector<Source> sources;
    for (const auto& ip : nic.fixed_ips) sources.push_back({macs.front(), parse_prefix(ip.address)});
    for (const auto& pair : nic.address_pairs) sources.push_back({mac_of(nic, pair), parse_prefix(pair.address)});
    for (const auto& mac : macs) sources.push_back({mac, link_local(mac)});
    return sources;
}

Rule of_type(std::string_view ether_type) {
    return Rule().has(Layer::Link, kEtherType, ether_type);
}

Rule from(const std::string& mac, std::string_view ether_type) {
    return of_type(ether_type).has(Layer::Link, kEtherSource, mac);
}

Rule arp_from(const std::string& mac, std::string_view ip, std::size_t bits) {
    return from(mac, kArp).has(Layer::Network, kArpSenderMac, mac).has(Layer::Network, kArpSenderIp, ip, bits);
}

Rule icmpv6(Rule rule, char type) {
    return rule.protocol(IPPROTO_ICMPV6).has(Layer::Transport, kIcmpType, {&type, 1});
}

Rule udp(Rule rule, std::string_view ports) {
    return rule.protocol(IPPROTO_UDP).has(Layer::Transport, kPorts, ports);
}

void add_forbidden(DeviceFilter& filter) {
    filter.entry.push_back(udp(of_type(kIpv4), kDhcpServer).drop());
    filter.entry.push_back(udp(of_type(kIpv6), kDhcpv6Server).drop());
    for (const char type : {kRouterAdvertisement, kRedirect})
        filter.entry.push_back(icmpv6(of_type(kIpv6), type).drop());
}

// Before it has an address: DHCP, probes of ARP, and IPv6's detection of duplicates.
void add_newcomer(DeviceFilter& filter, const std::string& mac) {
    const std::string none4(4, '\0');
    const std::string none6(16, '\0');
    filter.entry.push_back(udp(from(mac, kIpv4).has(Layer::Network, kIpv4Source, none4), kDhcpRequest).accept());
    filter.entry.push_back(arp_from(mac, none4, 32).accept());
    for (const char type : kNewcomer)
        filter.entry.push_back(icmpv6(from(mac, kIpv6).has(Layer::Network, kIpv6Source, none6), type).accept());
}

void add_source(DeviceFilter& filter, const Source& source) {
    const auto& [bytes, length] = source.prefix;
    if (source.prefix.is_ipv4()) {
        filter.entry.push_back(from(source.mac, kIpv4).has(Layer::Network, kIpv4Source, bytes, length).accept());
        filter.entry.push_back(arp_from(source.mac, bytes, length).accept());
        return;
    }
    filter.entry.push_back(icmpv6(of_type(kIpv6), kNeighbourAdvertisement)
                               .has(Layer::Transport, kAdvertisedTarget, bytes, length)
                               .go_to(kSenders));
    filter.further.push_back(from(source.mac, kIpv6).has(Layer::Network, kIpv6Source, bytes, length).accept());
}

std::string table_of(const std::string& tap) {
    return "virga-" + tap;
}

}  // namespace

DeviceFilter guard_of(const Nic& nic) {
    DeviceFilter filter{table_of(nic.tap), nic.tap, {}, kSenders, {}};
    const auto macs = macs_of(nic);
    add_forbidden(filter);
    for (const auto& mac : macs) add_newcomer(filter, mac);
    for (const auto& source : sources_of(nic, macs)) add_source(filter, source);
    filter.entry.push_back(icmpv6(of_type(kIpv6), kNeighbourAdvertisement).drop());
    filter.entry.push_back(of_type(kIpv6).go_to(kSenders));
    filter.further.push_back(Rule().drop());
    return filter;
}

void guard_tap(const Nic& nic) {
    nftables::replace(guard_of(nic));
}

void forget_guard(const std::string& tap) {
    nftables::remove(table_of(tap));
}

bool is_guarded(const std::string& tap) {
    return nftables::is_set(table_of(tap));
}

}  // namespace virga::network::host
