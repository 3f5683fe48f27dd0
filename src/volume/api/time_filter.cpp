#include <ctime>

#include "volume/api/api.hpp"

/// Filters such as created_at=gte:2026-01-31T00:00:00,lt:2026-02-01T00:00:00.
namespace virga::volume::api {
namespace {

constexpr TimestampUs kSecond = 1'000'000;

struct Comparison {
    std::string_view word;
    const char* sql;
};
constexpr Comparison kComparisons[] = {{"gt:", " > ?"},   {"gte:", " >= ?"}, {"lt:", " < ?"},
                                       {"lte:", " <= ?"}, {"eq:", " = ?"},   {"neq:", " <> ?"}};

/// "2026-01-31", "2026-01-31T12:00:00", with a fraction, 'Z' or "+00:00" at the end; UTC. nullopt for anything else.
std::optional<TimestampUs> parse_time(std::string_view text) {
    for (const std::string_view zone : {"Z", "+00:00"}) {
        if (text.ends_with(zone)) text.remove_suffix(zone.size());
    }
    TimestampUs fraction = 0;
    if (const auto dot = text.find('.'); dot != std::string_view::npos) {
        auto digits = std::string(text.substr(dot + 1));
        if (digits.empty() || digits.size() > 9 || digits.find_first_not_of("0123456789") != std::string::npos) {
            return std::nullopt;
        }
        digits.resize(6, '0');
        fraction = std::stoll(digits);
        text = text.substr(0, dot);
    }
    const std::string whole(text);
    for (const char* form : {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"}) {
        std::tm parts{};
        const char* end = ::strptime(whole.c_str(), form, &parts);
        if (end != nullptr && *end == '\0') return TimestampUs{::timegm(&parts)} * kSecond + fraction;
    }
    return std::nullopt;
}

std::pair<std::string, TimestampUs> condition_of(const std::string& name, const std::string& column,
                                                 std::string_view item) {
    std::string sql = " = ?";
    for (const auto& comparison : kComparisons) {
        if (!item.starts_with(comparison.word)) continue;
        sql = comparison.sql;
        item.remove_prefix(comparison.word.size());
        break;
    }
    const auto time = parse_time(item);
    if (!time) {
        throw Error(ErrorCode::InvalidInput, name + ": '" + std::string(item.substr(0, 64)) +
                                                 "' is not a time such as 2026-01-31T00:00:00, which gt:, gte:, lt:, "
                                                 "lte:, eq: or neq: may precede");
    }
    const bool equality = sql == " = ?" || sql == " <> ?";
    if (!equality || *time % kSecond != 0) return {column + sql, *time};
    return {column + " / 1000000" + sql, *time / kSecond};
}

}  // namespace

std::vector<std::pair<std::string, TimestampUs>> time_filter(const Call& call, const std::string& name,
                                                             const std::string& column) {
    std::vector<std::pair<std::string, TimestampUs>> out;
    const auto text = call.request.query_value(name).value_or("");
    std::string_view rest = text;
    while (!rest.empty()) {
        const auto item = rest.substr(0, rest.find(','));
        out.push_back(condition_of(name, column, item));
        rest.remove_prefix(std::min(item.size() + 1, rest.size()));
    }
    return out;
}

}  // namespace virga::volume::api
