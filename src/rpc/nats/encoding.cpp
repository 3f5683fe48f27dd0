#include "rpc/nats/encoding.hpp"

#include <sodium.h>

namespace virga::rpc::nats {
namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::size_t kChecksum = 2;
constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

/// CRC-16/XMODEM, the low byte first.
std::string checksum(std::string_view data) {
    unsigned crc = 0;
    for (const char c : data) {
        crc ^= static_cast<unsigned>(static_cast<unsigned char>(c)) << 8;
        for (int bit = 0; bit < 8; ++bit) crc = ((crc & 0x8000U) != 0 ? crc << 1 ^ 0x1021U : crc << 1) & 0xFFFFU;
    }
    return {static_cast<char>(crc & 0xFF), static_cast<char>(crc >> 8)};
}

}  // namespace

std::string checked_base32(std::string_view bytes) {
    std::string out;
    unsigned bits = 0;
    unsigned count = 0;
    for (const char c : std::string(bytes) + checksum(bytes)) {
        bits = bits << 8 | static_cast<unsigned char>(c);
        for (count += 8; count >= 5; count -= 5) out += kDigits[bits >> (count - 5) & 31U];
    }
    if (count > 0) out += kDigits[bits << (5 - count) & 31U];
    return out;
}

std::optional<std::string> of_checked_base32(std::string_view text) {
    std::string out;
    unsigned bits = 0;
    unsigned count = 0;
    for (const char c : text) {
        const auto digit = kDigits.find(c);
        if (digit == kDigits.npos) return std::nullopt;
        bits = bits << 5 | static_cast<unsigned>(digit);
        count += 5;
        if (count < 8) continue;
        count -= 8;
        out += static_cast<char>(bits >> count & 0xFFU);
    }
    if (out.size() <= kChecksum) return std::nullopt;
    const auto sum = out.substr(out.size() - kChecksum);
    out.resize(out.size() - kChecksum);
    if (sum != checksum(out) || checked_base32(out) != text) return std::nullopt;
    return out;
}

std::string base64url(std::string_view bytes) {
    std::string out(sodium_base64_ENCODED_LEN(bytes.size(), kVariant), '\0');
    sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                      kVariant);
    out.pop_back();
    return out;
}

std::optional<std::string> of_base64url(std::string_view text) {
    std::string out(text.size(), '\0');
    std::size_t size = 0;
    if (sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(), text.size(), nullptr,
                          &size, nullptr, kVariant) != 0)
        return std::nullopt;
    out.resize(size);
    return out;
}

}  // namespace virga::rpc::nats
