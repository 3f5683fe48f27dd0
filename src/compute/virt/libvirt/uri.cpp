#include "compute/virt/libvirt/uri.hpp"

#include <cctype>
#include <string_view>

namespace virga::compute::virt::libvirt {
namespace {

// Percent-encodes what would end the query value of a libvirt URI.
std::string uri_value(const std::string& text) {
    constexpr char kHex[] = "0123456789ABCDEF";
    std::string encoded;
    for (const char character : text) {
        const auto byte = static_cast<unsigned char>(character);
        if (std::isalnum(byte) != 0 || std::string_view("/-_.~").find(character) != std::string_view::npos) {
            encoded += character;
        } else {
            encoded += {'%', kHex[byte >> 4], kHex[byte & 15]};
        }
    }
    return encoded;
}

}  // namespace

std::string embedded_uri(const std::string& driver, const std::string& root) {
    return driver + ":///embed?root=" + uri_value(root);
}

}  // namespace virga::compute::virt::libvirt
