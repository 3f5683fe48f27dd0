#include "http/address_list.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace virga::http {
namespace {

constexpr int kBits = 128;
constexpr int kMappedBits = 96;  ///< before an IPv4 address in its IPv6 form

const AddressList& loopback() {
    static const AddressList list({"127.0.0.0/8", "::1"});
    return list;
}

}  // namespace

struct AddressList::Reader {
    static std::optional<Block> address(std::string_view text) {
        const std::string name(text.substr(0, text.find('%')));  // a zone: fe80::1%eth0
        Block block;
        block.prefix = kBits;
        if (::inet_pton(AF_INET6, name.c_str(), block.base.data()) == 1) return block;
        block.base[10] = block.base[11] = 0xff;
        if (::inet_pton(AF_INET, name.c_str(), block.base.data() + 12) == 1) return block;
        return std::nullopt;
    }

    static std::optional<Block> item(std::string_view text) {
        const auto slash = text.find('/');
        auto block = address(text.substr(0, slash));
        if (!block || slash == std::string_view::npos) return block;
        const bool is_v4 = text.substr(0, slash).find(':') == std::string_view::npos;
        const auto bits = text.substr(slash + 1);
        const auto [end, failure] = std::from_chars(bits.data(), bits.data() + bits.size(), block->prefix);
        if (failure != std::errc() || end != bits.data() + bits.size()) return std::nullopt;
        if (block->prefix < 0 || block->prefix > (is_v4 ? kBits - kMappedBits : kBits)) return std::nullopt;
        if (is_v4) block->prefix += kMappedBits;
        return block;
    }
};

bool AddressList::Block::contains(const Block& other) const {
    if (other.prefix < prefix) return false;
    const auto whole = static_cast<std::size_t>(prefix / 8);
    if (!std::equal(base.begin(), base.begin() + static_cast<std::ptrdiff_t>(whole), other.base.begin())) return false;
    const int rest = prefix % 8;
    return rest == 0 || ((base[whole] ^ other.base[whole]) >> (8 - rest)) == 0;
}

AddressList::AddressList(const std::vector<std::string>& items) {
    for (const auto& text : items) {
        if (const auto block = Reader::item(text)) blocks_.push_back(*block);
    }
}

bool AddressList::is_item(std::string_view text) {
    return Reader::item(text).has_value();
}

bool AddressList::contains(std::string_view address) const {
    const auto one = Reader::address(address);
    return one && std::any_of(blocks_.begin(), blocks_.end(), [&](const auto& block) { return block.contains(*one); });
}

bool AddressList::all_loopback() const {
    return std::all_of(blocks_.begin(), blocks_.end(), [](const Block& block) {
        const auto& own = loopback().blocks_;
        return std::any_of(own.begin(), own.end(), [&](const Block& each) { return each.contains(block); });
    });
}

bool is_loopback(std::string_view address) {
    return loopback().contains(address);
}

}  // namespace virga::http
