#include "base/printable.hpp"

#include <cstdint>

namespace virga {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

struct CodePoint {
    std::uint32_t value = 0;
    std::size_t length = 0;  ///< 0: no UTF-8
};

std::uint32_t least_of_length(std::size_t length) {
    return length == 2 ? 0x80U : length == 3 ? 0x800U : 0x10000U;
}

CodePoint read(std::string_view text) {
    const auto first = static_cast<unsigned char>(text.front());
    if (first < 0x80) return {first, 1};
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC0 || first > 0xF4 || text.size() < length) return {};
    std::uint32_t value = first & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        const auto next = static_cast<unsigned char>(text[i]);
        if ((next & 0xC0U) != 0x80U) return {};
        value = value << 6 | (next & 0x3FU);
    }
    const bool surrogate = value >= 0xD800 && value < 0xE000;
    if (value < least_of_length(length) || value > 0x10FFFF || surrogate) return {};
    return {value, length};
}

/// Line and paragraph separators, and what changes the direction of the text that follows.
bool turns_lines(std::uint32_t point) {
    return (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069) || point == 0x200E ||
           point == 0x200F || point == 0x061C;
}

void append_byte(std::string& out, unsigned char byte) {
    out += "\\x";
    out += kHex[byte / 16];
    out += kHex[byte % 16];
}

void append_control(std::string& out, unsigned char control) {
    if (control == '\n') {
        out += "\\n";
    } else if (control == '\r') {
        out += "\\r";
    } else if (control == '\t') {
        out += "\\t";
    } else {
        append_byte(out, control);
    }
}

void append_point(std::string& out, std::uint32_t point) {
    out += "\\u{";
    for (int shift = 12; shift >= 0; shift -= 4) out += kHex[point >> shift & 0xFU];
    out += '}';
}

}  // namespace

void append_printable(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const auto byte = static_cast<unsigned char>(text.front());
        const auto point = read(text);
        if (point.length == 0) {
            append_byte(out, byte);
            text.remove_prefix(1);
            continue;
        }
        if (point.value < 0x20 || point.value == 0x7F) {
            append_control(out, byte);
        } else if ((point.value >= 0x80 && point.value < 0xA0) || turns_lines(point.value)) {
            append_point(out, point.value);
        } else {
            out += text.substr(0, point.length);
        }
        text.remove_prefix(point.length);
    }
}

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    append_printable(out, text);
    return out;
}

}  // namespace virga
