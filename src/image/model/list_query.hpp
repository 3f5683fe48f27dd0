#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "http/http.hpp"

namespace virga::image {

struct SortKey {
    std::string column;    ///< of the table images
    bool numeric = false;  ///< whether the column holds numbers
    bool descending = true;
};

/// A comparison of a time: `created_at=gte:2026-01-01T00:00:00Z`.
struct TimeFilter {
    std::string column;
    std::string comparison;   ///< SQL operator
    std::int64_t second = 0;  ///< since 1970: times are shown in whole seconds
};

/// What a list of images was asked for.
struct ListQuery {
    /// (column, allowed values): the column must have one of them.
    std::vector<std::pair<std::string, std::vector<std::string>>> one_of;
    std::vector<std::pair<std::string, std::int64_t>> equal;  ///< numeric columns
    std::vector<std::string> tags;                            ///< all of them
    std::vector<std::pair<std::string, std::string>> properties;
    std::vector<TimeFilter> times;
    std::vector<std::string> hash_algorithms;  ///< of os_hash_value
    std::optional<std::int64_t> size_min;
    std::optional<std::int64_t> size_max;
    std::string visibility;  ///< a visibility, "all", or empty: what a project usually sees
    std::string member_status = "accepted";
    bool hidden = false;
    std::vector<SortKey> sort;  ///< ends with id, so that the order is total
    std::size_t limit = 25;
    std::optional<std::string> marker;
};

/// Throws Error{InvalidInput} naming the parameter.
ListQuery parse_list_query(const http::Request& request);

}  // namespace virga::image
