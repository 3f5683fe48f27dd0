#include "image/model/list_query.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "base/error.hpp"
#include "base/iso_time.hpp"
#include "http/query.hpp"
#include "http/schema.hpp"

namespace virga::image {
namespace {

constexpr TimestampUs kSecond = 1'000'000;
constexpr std::size_t kDefaultLimit = 25;
constexpr std::size_t kMaxLimit = 1000;
constexpr std::size_t kMaxValues = 500;  ///< of one filter
constexpr std::size_t kMaxFilters = 50;  ///< each is a condition

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
            if (values.size() > kMaxValues) fail(name, "at most " + std::to_string(kMaxValues) + " values are allowed");
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
    const auto time = parse_iso_time(rest);
    if (!time) fail(name, "'" + rest.substr(0, 32) + "' is not a time such as 2026-01-01T00:00:00Z");
    filter.second = *time / kSecond;
    return filter;
}

SortKey sort_key(const std::string& name, bool ascending) {
    const auto column = sortable().find(name);
    if (column == sortable().end()) fail("sort_key", "'" + name.substr(0, 32) + "' is not an attribute to sort by");
    return {column->second.name, column->second.numeric, !ascending};
}

std::vector<SortKey> read_sort(const http::Request& request) {
    const auto sort = http::read_sort(request, http::SortForm::OrList, false);
    std::vector<SortKey> keys;
    for (const auto& [name, ascending] : sort.items) {
        keys.push_back(sort_key(name, ascending));
        // What comes behind the id makes no difference.
        if (name == "id") return keys;
    }
    // Glance: the one direction that is given holds for the keys that it adds, when there is no other.
    const bool ascending = sort.items.empty() && sort.ascending;
    const bool by_time =
        std::any_of(keys.begin(), keys.end(), [](const SortKey& key) { return key.column == "created_us"; });
    if (!by_time) keys.push_back(sort_key("created_at", ascending));
    keys.push_back(sort_key("id", ascending));
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
    static const std::set<std::string> ignored{"limit", "marker", "sort", "sort_key", "sort_dir"};
    if (ignored.contains(name)) return;
    if (name == "changes-since") fail(name, "is not a filter of images: use updated_at=gte:TIME");
    if (const auto text = texts.find(name); text != texts.end()) {
        query.one_of.emplace_back(text->second, values_of(name, value));
    } else if (const auto number = numbers.find(name); number != numbers.end()) {
        query.equal.emplace_back(number->second, integer_of(name, value));
    } else if (name == "protected") {
        query.equal.emplace_back("protected", boolean_of(name, value) ? 1 : 0);
    } else if (name == "os_hash_algo") {
        query.hash_algorithms.push_back(value);
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
    const auto filters = query.one_of.size() + query.equal.size() + query.tags.size() + query.properties.size() +
                         query.times.size() + query.hash_algorithms.size();
    if (filters > kMaxFilters) fail("filters", "at most " + std::to_string(kMaxFilters) + " are allowed");
    const auto page = http::page_of(request, kMaxLimit);
    query.limit = request.query_value("limit") ? page.limit : kDefaultLimit;
    query.marker = page.marker;
    query.sort = read_sort(request);
    return query;
}

}  // namespace virga::image
