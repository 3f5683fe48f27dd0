#include "image/model/byte_range.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "base/error.hpp"

namespace virga::image {
namespace {

constexpr std::string_view kUnit = "bytes=";

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool has_unit(std::string_view text) {
    return text.size() >= kUnit.size() && std::equal(kUnit.begin(), kUnit.end(), text.begin(), [](char want, char got) {
               return want == (got >= 'A' && got <= 'Z' ? got - 'A' + 'a' : got);
           });
}

}  // namespace

RangeRequest parse_range(std::string_view header, std::uint64_t size) {
    const RangeRequest none{RangeKind::Unsatisfiable, {}};
    header = trimmed(header);
    if (header.empty()) return {};
    if (header.find(',') != std::string_view::npos) {
        throw Error(ErrorCode::InvalidInput, "Range: several ranges in one request are not supported; ask for one.");
    }
    if (!has_unit(header)) return none;
    const auto text = trimmed(header.substr(kUnit.size()));
    const auto dash = text.find('-');
    if (dash == std::string_view::npos || size == 0) return none;
    const auto first = number(text.substr(0, dash));
    const auto last = number(text.substr(dash + 1));
    if (dash == 0) {
        if (!last || *last == 0) return none;
        return {RangeKind::Part, {size - std::min(size, *last), size - 1}};
    }
    const bool open = dash + 1 == text.size();
    if (!first || *first >= size || (!open && (!last || *last < *first))) return none;
    return {RangeKind::Part, {*first, open ? size - 1 : std::min(size - 1, *last)}};
}

}  // namespace virga::image
