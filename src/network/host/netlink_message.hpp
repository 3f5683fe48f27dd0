#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace virga::network::host {

/// Builds an rtnetlink link request: header, ifinfomsg, attributes, each padded to 4 bytes.
class LinkRequest {
public:
    LinkRequest(std::uint16_t type, std::uint16_t flags, unsigned index, unsigned link_flags, unsigned change_mask);

    LinkRequest& attribute(std::uint16_t type, std::string_view data);
    LinkRequest& text(std::uint16_t type, std::string_view value);  ///< with the ending zero
    LinkRequest& number(std::uint16_t type, std::uint32_t value);
    /// The whole message with its length and this sequence number.
    std::string finish(std::uint32_t sequence);

private:
    std::string bytes_;
};

/// One attribute as bytes, for nesting.
std::string encode_attribute(std::uint16_t type, std::string_view data);

}  // namespace virga::network::host
