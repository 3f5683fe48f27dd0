#include "base/ids.hpp"

#include <array>
#include <cctype>

#include "base/crypto.hpp"

namespace virga {
namespace {

std::string format_uuid(std::array<unsigned char, 16> bytes, int version) {
    bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | (version << 4));
    bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
    static constexpr char kHex[] = "0123456789abcdef";
    std::string out;
    out.reserve(36);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
        out += kHex[bytes[i] >> 4];
        out += kHex[bytes[i] & 15];
    }
    return out;
}

}  // namespace

std::string new_uuid() {
    std::array<unsigned char, 16> bytes{};
    random_bytes(bytes.data(), bytes.size());
    return format_uuid(bytes, 4);
}

std::string derived_uuid(std::string_view parent_uuid, std::string_view name) {
    Hasher sha1(HashAlgorithm::Sha1);
    sha1.update(parent_uuid);
    sha1.update("/");
    sha1.update(name);
    const std::string digest = sha1.finish_raw();
    std::array<unsigned char, 16> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<unsigned char>(digest[i]);
    return format_uuid(bytes, 5);
}

bool is_uuid_like(std::string_view text) {
    std::size_t digits = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (std::isxdigit(static_cast<unsigned char>(text[i]))) {
            ++digits;
        } else if (text[i] != '-' || text.size() != 36 || (i != 8 && i != 13 && i != 18 && i != 23)) {
            return false;
        }
    }
    return digits == 32 && (text.size() == 32 || text.size() == 36);
}

std::string canonical_uuid(std::string_view text) {
    std::string out;
    for (char c : text) {
        if (c == '-') continue;
        if (out.size() == 8 || out.size() == 13 || out.size() == 18 || out.size() == 23) out += '-';
        out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return out;
}

}  // namespace virga
