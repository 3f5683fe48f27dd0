#include "compute/api/console_text.hpp"

#include "http/target.hpp"

namespace virga::compute::api {
namespace {

std::size_t sequence_length(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead < 0xE0) return 2;
    if (lead >= 0xE0 && lead < 0xF0) return 3;
    if (lead >= 0xF0 && lead < 0xF5) return 4;
    return 0;
}

}  // namespace

std::string last_lines(const std::string& text, std::int64_t lines) {
    if (lines < 0) return text;
    if (lines == 0) return {};
    auto position = text.size();
    if (position > 0 && text.back() == '\n') --position;
    for (; position > 0; --position) {
        if (text[position - 1] == '\n' && --lines == 0) break;
    }
    return text.substr(position);
}

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto length = sequence_length(static_cast<unsigned char>(text.front()));
        const auto piece = text.substr(0, length);
        if (text.front() == '\0') {
            text.remove_prefix(1);
        } else if (length > 0 && piece.size() == length && http::is_clean_utf8(piece)) {
            out += piece;
            text.remove_prefix(length);
        } else {
            out += '?';
            text.remove_prefix(1);
        }
    }
    return out;
}

}  // namespace virga::compute::api
