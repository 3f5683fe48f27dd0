#include "base/iso_time.hpp"
#include "http/query.hpp"
#include "volume/api/api.hpp"

/// Filters such as created_at=gte:2026-01-31T00:00:00,lt:2026-02-01T00:00:00.
namespace virga::volume::api {
namespace {

constexpr TimestampUs kSecond = 1'000'000;
constexpr std::size_t kMostComparisons = 8;

struct Comparison {
    std::string_view word;
    const char* sql;
};
constexpr Comparison kComparisons[] = {{"gt:", " > ?"},   {"gte:", " >= ?"}, {"lt:", " < ?"},
                                       {"lte:", " <= ?"}, {"eq:", " = ?"},   {"neq:", " <> ?"}};

std::pair<std::string, TimestampUs> condition_of(const std::string& name, const std::string& column,
                                                 std::string_view item) {
    std::string sql = " = ?";
    for (const auto& comparison : kComparisons) {
        if (!item.starts_with(comparison.word)) continue;
        sql = comparison.sql;
        item.remove_prefix(comparison.word.size());
        break;
    }
    const auto time = parse_iso_time(item);
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
    for (const auto& item : http::split_list(name, text, kMostComparisons)) {
        out.push_back(condition_of(name, column, item));
    }
    return out;
}

}  // namespace virga::volume::api
