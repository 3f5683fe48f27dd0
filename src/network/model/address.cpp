#include "network/model/address.hpp"

#include <arpa/inet.h>

#include <array>
#include <cctype>
#include <charconv>

#include "base/crypto.hpp"

namespace virga::network {
namespace {

constexpr char kHex[] = "0123456789abcdef";
constexpr std::size_t kMacLength = 17;

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const int lower = std::tolower(static_cast<unsigned char>(c));
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

Uint128 host_mask(int bits, int prefix) {
    const int host_bits = bits - prefix;
    if (host_bits >= 128) return ~Uint128{0};
    return (Uint128{1} << host_bits) - 1;
}

}  // namespace

std::optional<Address> Address::parse(std::string_view text) {
    const std::string copy(text);
    if (copy.size() != std::char_traits<char>::length(copy.c_str())) return std::nullopt;
    std::array<unsigned char, 16> bytes{};
    const bool is_v6 = text.find(':') != std::string_view::npos;
    if (inet_pton(is_v6 ? AF_INET6 : AF_INET, copy.c_str(), bytes.data()) != 1) return std::nullopt;
    Address address{is_v6 ? 6 : 4, 0};
    for (int i = 0; i < address.bits() / 8; ++i) address.value = (address.value << 8) | bytes.at(i);
    return address;
}

std::string Address::text() const {
    std::array<unsigned char, 16> bytes{};
    const int count = bits() / 8;
    for (int i = 0; i < count; ++i) bytes.at(i) = static_cast<unsigned char>(value >> (8 * (count - 1 - i)));
    std::array<char, INET6_ADDRSTRLEN> out{};
    inet_ntop(version == 4 ? AF_INET : AF_INET6, bytes.data(), out.data(), out.size());
    return out.data();
}

std::string Address::key() const {
    std::string out(32, '0');
    for (int i = 0; i < 32; ++i)
        out[static_cast<std::size_t>(i)] = kHex[static_cast<unsigned>(value >> (4 * (31 - i))) & 15U];
    return out;
}

Address Address::from_key(int version, std::string_view key) {
    Address address{version, 0};
    for (const char c : key) address.value = (address.value << 4) | static_cast<unsigned>(hex_digit(c));
    return address;
}

std::optional<Cidr> Cidr::parse(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto address = Address::parse(text.substr(0, slash));
    const auto digits = text.substr(slash + 1);
    int prefix = -1;
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (!address || failure != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    if (prefix < 0 || prefix > address->bits()) return std::nullopt;
    return Cidr{{address->version, address->value & ~host_mask(address->bits(), prefix)}, prefix};
}

std::string Cidr::text() const {
    return base.text() + "/" + std::to_string(prefix);
}

Address Cidr::last() const {
    return {base.version, base.value | host_mask(base.bits(), prefix)};
}

bool Cidr::contains(const Address& address) const {
    return Range{first(), last()}.contains(address);
}

bool Cidr::overlaps(const Cidr& other) const {
    return Range{first(), last()}.overlaps(Range{other.first(), other.last()});
}

bool Range::contains(const Address& address) const {
    return address.version == first.version && address >= first && address <= last;
}

bool Range::overlaps(const Range& other) const {
    return first.version == other.first.version && first <= other.last && other.first <= last;
}

Range usable_range(const Cidr& cidr) {
    const bool use_all = cidr.base.bits() - cidr.prefix <= 1;
    if (use_all) return {cidr.first(), cidr.last()};
    const auto last = cidr.base.version == 4 ? cidr.last().minus(1) : cidr.last();
    return {cidr.first().plus(1), last};
}

std::vector<Range> default_pools(const Cidr& cidr, const std::optional<Address>& gateway) {
    const auto usable = usable_range(cidr);
    if (!gateway || !usable.contains(*gateway)) return {usable};
    std::vector<Range> pools;
    if (*gateway != usable.first) pools.push_back({usable.first, gateway->minus(1)});
    if (*gateway != usable.last) pools.push_back({gateway->plus(1), usable.last});
    return pools;
}

std::optional<Address> next_in_pools(const std::vector<Range>& pools, const Address& from) {
    for (const auto& pool : pools) {
        if (from <= pool.first) return pool.first;
        if (from <= pool.last) return from;
    }
    return std::nullopt;
}

bool in_pools(const std::vector<Range>& pools, const Address& address) {
    for (const auto& pool : pools) {
        if (pool.contains(address)) return true;
    }
    return false;
}

std::optional<std::string> parse_mac(std::string_view text) {
    if (text.size() != kMacLength) return std::nullopt;
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i % 3 == 2) {
            if (text[i] != ':') return std::nullopt;
            out += ':';
            continue;
        }
        const int digit = hex_digit(text[i]);
        if (digit < 0) return std::nullopt;
        out += kHex[digit];
    }
    const bool is_multicast = (hex_digit(out[1]) & 1) != 0;
    if (is_multicast || out == "00:00:00:00:00:00") return std::nullopt;
    return out;
}

std::string random_mac() {
    std::array<unsigned char, 3> bytes{};
    random_bytes(bytes.data(), bytes.size());
    std::string out = "fa:16:3e";
    for (const auto byte : bytes) {
        out += ':';
        out += kHex[byte >> 4U];
        out += kHex[byte & 15U];
    }
    return out;
}

}  // namespace virga::network
