#include "base/json_text.hpp"

#include <algorithm>

namespace virga {
namespace {

bool needs_escape(char c) {
    constexpr unsigned char kFirstPlain = 0x20;
    return static_cast<unsigned char>(c) < kFirstPlain || c == '"' || c == '\\';
}

}  // namespace

void JsonText::put(std::string_view value) {
    if (std::any_of(value.begin(), value.end(), needs_escape)) {
        out_ += json::serialize(json::value(value));
        return;
    }
    out_ += '"';
    out_ += value;
    out_ += '"';
}

}  // namespace virga
