#pragma once
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace virga::http {

/// Addresses and networks of IPv4 and IPv6: "192.0.2.7", "192.0.2.0/24", "2001:db8::/64". An IPv4 address in its IPv6
/// form (::ffff:192.0.2.7) is the same address.
class AddressList {
public:
    /// Items that are none are left out: the setting refuses them.
    explicit AddressList(const std::vector<std::string>& items);
    /// Whether a text is an address or a network, prefix included.
    static bool is_item(std::string_view text);

    /// False for what is no address.
    bool contains(std::string_view address) const;
    /// Whether each of them is an address of this machine alone.
    bool all_loopback() const;

private:
    struct Block {
        std::array<unsigned char, 16> base{};
        int prefix = 0;  ///< bits

        bool contains(const Block& other) const;
    };
    struct Reader;

    std::vector<Block> blocks_;
};

/// Whether a text is an address of this machine alone: 127.0.0.0/8 or ::1.
bool is_loopback(std::string_view address);

}  // namespace virga::http
