#include "http/request_headers.hpp"

#include <algorithm>
#include <array>

namespace virga::http {
namespace {

struct Row {
    RequestHeader header;
    std::string_view name;
    Repeats repeats;
};

using enum RequestHeader;
using enum Repeats;

// Connection is a list that only the parser reads.
constexpr std::array<Row, kRequestHeaders> kTable{{
    {Host, "Host", Refused},
    {ContentLength, "Content-Length", Refused},
    {TransferEncoding, "Transfer-Encoding", Refused},
    {Expect, "Expect", Combined},
    {ContentType, "Content-Type", Refused},
    {Range, "Range", Refused},
    {IfMatch, "If-Match", Combined},
    {IfRange, "If-Range", Refused},
    {AuthToken, "X-Auth-Token", Refused},
    {SubjectToken, "X-Subject-Token", Refused},
    {ClientRequestId, "X-OpenStack-Request-Id", Refused},
    {ApiVersion, "OpenStack-API-Version", Combined},
    {NovaApiVersion, "X-OpenStack-Nova-API-Version", Refused},
}};

constexpr bool is_in_order() {
    for (std::size_t i = 0; i < kTable.size(); ++i) {
        if (static_cast<std::size_t>(kTable[i].header) != i || kTable[i].name.empty()) return false;
    }
    return true;
}
static_assert(is_in_order());

const Row& row_of(RequestHeader header) {
    return kTable[static_cast<std::size_t>(header)];
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

bool same_word(std::string_view a, std::string_view b) {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<RequestHeader> find_request_header(std::string_view name) {
    const auto* row = std::find_if(kTable.begin(), kTable.end(), [&](const Row& r) { return same_word(r.name, name); });
    if (row == kTable.end()) return std::nullopt;
    return row->header;
}

std::string_view name_of(RequestHeader header) {
    return row_of(header).name;
}

Repeats repeats_of(RequestHeader header) {
    return row_of(header).repeats;
}

void RequestHeaders::add(std::string_view name, std::string_view value) {
    if (const auto header = find_request_header(name)) add(*header, value);
}

void RequestHeaders::add(RequestHeader header, std::string_view value) {
    const auto found =
        std::find_if(items_.begin(), items_.end(), [&](const auto& item) { return item.first == header; });
    if (found == items_.end()) {
        items_.emplace_back(header, value);
    } else if (repeats_of(header) == Repeats::Combined) {
        found->second.append(", ").append(value);
    } else {
        found->second = value;
    }
}

std::string_view RequestHeaders::get(RequestHeader header) const {
    const auto* value = find(header);
    return value == nullptr ? std::string_view() : std::string_view(*value);
}

bool RequestHeaders::contains(RequestHeader header) const {
    return find(header) != nullptr;
}

const std::string* RequestHeaders::find(RequestHeader header) const {
    for (const auto& [key, value] : items_) {
        if (key == header) return &value;
    }
    return nullptr;
}

}  // namespace virga::http
