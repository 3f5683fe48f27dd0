#include "image/model/list_query.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <map>
#include <set>

#include "base/error.hpp"
#include "http/schema.hpp"

namespace virga::image {
namespace {

constexpr std::size_t kDefaultLimit = 25;
constexpr std::size_t kMaxLimit = 1000;

struct Column {
    const char* name;
    bool numeric;
};

const std::map<std::string, Column, std::less<>>& sortable() {
    static const std::map<std::string, Column, std::less<>> columns{
        {"id", {"id", false}},
        {"name", {"name", false}},
        {"status", {"status", false}},
        {"visibility", {"visibility", false}},
        {"owner", {"owner", false}},
        {"disk_format", {"disk_format", false}},
        {"container_format", {"container_format", false}},
        {"size", {"size_bytes", true}},
        {"min_disk", {"min_disk_gib", true}},
        {"min_ram", {"min_ram_mib", true}},
        {"created_at", {"created_us", true}},
        {"updated_at", {"updated_us", true}},
    };
    return columns;
}

[[noreturn]] void fail(std::string_view name, const std::string& why) {
    throw Error(ErrorCode::InvalidInput, std::string(name) + ": " + why);
}

std::int64_t integer_of(std::string_view name, const std::string& text) {
    std::int64_t number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc{} || end != text.data() + text.size() || number < 0) {
        fail(name, "'" + text.substr(0, 32) + "' is not an integer of at least 0");
    }
    return number;
}

bool boolean_of(std::string_view name, const std::string& text) {
    if (text == "true" || text == "True" || text == "1") return true;
    if (text == "false" || text == "False" || text == "0") return false;
    fail(name, "'" + text.substr(0, 32) + "' is not true or false");
}

/// "in:a,b" gives a and b; a value in double quotes may contain commas.
std::vector<std::string> values_of(std::string_view name, const std::string& text) {
    if (!text.starts_with("in:")) return {text};
    std::vector<std::string> values(1);
    bool quoted = false;
    for (const char c : text.substr(3)) {
        if (c == '"') {
            quoted = !quoted;
        } else if (c == ',' && !quoted) {
            values.emplace_back();
        } else {
            values.back() += c;
        }
    }
    if (quoted) fail(name, "a quote is not closed");
    return values;
}

TimeFilter time_filter(std::string_view name, const std::string& text) {
    static const std::map<std::string, std::string, std::less<>> comparisons{
        {"gt", ">"}, {"gte", ">="}, {"lt", "<"}, {"lte", "<="}, {"eq", "="}, {"neq", "<>"}};
    TimeFilter filter{name == "created_at" ? "created_us" : "updated_us", "=", 0};
    auto rest = text;
    const auto colon = text.find(':');
    const auto found = comparisons.find(std::string_view(text).substr(0, colon));
    if (found != comparisons.end()) {
        filter.comparison = found->second;
        rest = text.substr(colon + 1);
    }
    const auto time = parse_time(rest);
    if (!time) fail(name, "'" + rest.substr(0, 32) + "' is not a time such as 2026-01-01T00:00:00Z");
    filter.time = *time;
    return filter;
}

SortKey sort_key(const std::string& name, const std::string& direction) {
    const auto column = sortable().find(name);
    if (column == sortable().end()) fail("sort_key", "'" + name.substr(0, 32) + "' is not an attribute to sort by");
    if (direction != "asc" && direction != "desc") fail("sort_dir", "must be asc or desc");
    return {column->second.name, column->second.numeric, direction == "desc"};
}

/// "name:asc,size"
std::vector<SortKey> parse_sort(const std::string& text) {
    std::vector<SortKey> keys;
    std::string_view rest = text;
    while (!rest.empty()) {
        const auto end = std::min(rest.find(','), rest.size());
        const auto item = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const auto colon = item.find(':');
        const auto direction = colon == std::string_view::npos ? "desc" : item.substr(colon + 1);
        keys.push_back(sort_key(std::string(item.substr(0, colon)), std::string(direction)));
    }
    return keys;
}

std::vector<std::string> all_values(const http::Request& request, std::string_view name) {
    std::vector<std::string> values;
    for (const auto& [key, value] : request.query) {
        if (key == name) values.push_back(value);
    }
    return values;
}

std::vector<SortKey> read_sort(const http::Request& request) {
    const auto names = all_values(request, "sort_key");
    const auto directions = all_values(request, "sort_dir");
    const auto combined = request.query_value("sort");
    if (combined && (!names.empty() || !directions.empty())) {
        fail("sort", "can't be combined with sort_key and sort_dir");
    }
    std::vector<SortKey> keys;
    if (combined) keys = parse_sort(*combined);
    if (directions.size() > 1 && directions.size() != names.size()) fail("sort_dir", "needs one value for each key");
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto direction = directions.empty() ? "desc" : directions[std::min(i, directions.size() - 1)];
        keys.push_back(sort_key(names[i], direction));
    }
    const auto fallback = names.empty() && !directions.empty() ? directions.front() : "desc";
    const auto has = [&](const char* column) {
        return std::any_of(keys.begin(), keys.end(), [&](const SortKey& key) { return key.column == column; });
    };
    if (!has("created_us")) keys.push_back(sort_key("created_at", fallback));
    if (!has("id")) keys.push_back(sort_key("id", fallback));
    return keys;
}

void read_visibility(ListQuery& query, const std::string& value) {
    static const std::set<std::string> allowed{"public", "private", "shared", "community", "all"};
    if (!allowed.contains(value)) fail("visibility", "must be public, private, shared, community or all");
    query.visibility = value;
}

void read_member_status(ListQuery& query, const std::string& value) {
    static const std::set<std::string> allowed{"accepted", "pending", "rejected", "all"};
    if (!allowed.contains(value)) fail("member_status", "must be accepted, pending, rejected or all");
    query.member_status = value;
}

void read_filter(ListQuery& query, const std::string& name, const std::string& value) {
    static const std::map<std::string, std::string, std::less<>> texts{{"id", "id"},
                                                                       {"name", "name"},
                                                                       {"status", "status"},
                                                                       {"owner", "owner"},
                                                                       {"disk_format", "disk_format"},
                                                                       {"container_format", "container_format"},
                                                                       {"checksum", "checksum_md5"},
                                                                       {"os_hash_value", "sha512"}};
    static const std::map<std::string, std::string, std::less<>> numbers{
        {"min_disk", "min_disk_gib"}, {"min_ram", "min_ram_mib"}, {"size", "size_bytes"}};
    static const std::set<std::string> ignored{"limit", "marker", "sort", "sort_key", "sort_dir", "os_hash_algo"};
    if (ignored.contains(name)) return;
    if (const auto text = texts.find(name); text != texts.end()) {
        query.one_of.emplace_back(text->second, values_of(name, value));
    } else if (const auto number = numbers.find(name); number != numbers.end()) {
        query.equal.emplace_back(number->second, integer_of(name, value));
    } else if (name == "protected") {
        query.equal.emplace_back("protected", boolean_of(name, value) ? 1 : 0);
    } else if (name == "os_hidden") {
        query.hidden = boolean_of(name, value);
    } else if (name == "tag") {
        query.tags.push_back(value);
    } else if (name == "size_min") {
        query.size_min = integer_of(name, value);
    } else if (name == "size_max") {
        query.size_max = integer_of(name, value);
    } else if (name == "visibility") {
        read_visibility(query, value);
    } else if (name == "member_status") {
        read_member_status(query, value);
    } else if (name == "created_at" || name == "updated_at") {
        query.times.push_back(time_filter(name, value));
    } else {
        query.properties.emplace_back(name, value);
    }
}

}  // namespace

ListQuery parse_list_query(const http::Request& request) {
    ListQuery query;
    for (const auto& [name, value] : request.query) read_filter(query, name, value);
    const auto page = http::page_of(request, kMaxLimit);
    query.limit = request.query_value("limit") ? page.limit : kDefaultLimit;
    query.marker = page.marker;
    query.sort = read_sort(request);
    return query;
}

std::optional<TimestampUs> parse_time(const std::string& text) {
    std::tm parts{};
    int end = 0;
    const int read = std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &parts.tm_year, &parts.tm_mon,
                                 &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &end);
    const auto rest = read == 6 ? text.substr(static_cast<std::size_t>(end)) : std::string("?");
    const bool in_range = parts.tm_mon >= 1 && parts.tm_mon <= 12 && parts.tm_mday >= 1 && parts.tm_mday <= 31 &&
                          parts.tm_hour >= 0 && parts.tm_hour < 24 && parts.tm_min >= 0 && parts.tm_min < 60 &&
                          parts.tm_sec >= 0 && parts.tm_sec <= 60;
    if (!in_range || (!rest.empty() && rest != "Z")) return std::nullopt;
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    return static_cast<TimestampUs>(timegm(&parts)) * 1'000'000;
}

}  // namespace virga::image
