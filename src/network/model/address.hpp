#pragma once
#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace virga::network {

__extension__ typedef unsigned __int128 Uint128;

/// An IPv4 or IPv6 address as a number.
struct Address {
    int version = 4;
    Uint128 value = 0;

    /// nullopt unless `text` is a plain address (no prefix, no zone, no leading zeros in IPv4).
    static std::optional<Address> parse(std::string_view text);
    std::string text() const;
    /// 32 hex digits: keys of one IP version sort like their addresses.
    std::string key() const;
    static Address from_key(int version, std::string_view key);

    int bits() const { return version == 4 ? 32 : 128; }
    Address plus(Uint128 offset) const { return {version, value + offset}; }
    Address minus(Uint128 offset) const { return {version, value - offset}; }
    bool operator==(const Address&) const = default;
    std::strong_ordering operator<=>(const Address&) const = default;
};

/// A block of addresses; the host bits of `base` are zero.
struct Cidr {
    Address base;
    int prefix = 0;

    /// Needs "address/prefix"; host bits are cleared.
    static std::optional<Cidr> parse(std::string_view text);
    std::string text() const;
    Address first() const { return base; }
    Address last() const;
    bool contains(const Address& address) const;
    bool overlaps(const Cidr& other) const;
};

/// Addresses from `first` to `last`, both included, of one version.
struct Range {
    Address first;
    Address last;

    bool contains(const Address& address) const;
    bool overlaps(const Range& other) const;
    bool operator==(const Range&) const = default;
};

/// What ports may have: without the network and broadcast address in IPv4 (blocks of /31 and /32 use all), without the
/// subnet-router anycast address in IPv6 (blocks of /127 and /128 use all).
Range usable_range(const Cidr& cidr);
/// The usable range without the gateway: none, one or two ranges.
std::vector<Range> default_pools(const Cidr& cidr, const std::optional<Address>& gateway);
/// The first address of `pools` (sorted) that is `from` or above.
std::optional<Address> next_in_pools(const std::vector<Range>& pools, const Address& from);
bool in_pools(const std::vector<Range>& pools, const Address& address);

/// "fa:16:3e:aa:bb:cc" in lower case; nullopt unless `text` is six pairs of hex digits of a unicast address.
std::optional<std::string> parse_mac(std::string_view text);
/// fa:16:3e and three random bytes.
std::string random_mac();

}  // namespace virga::network
