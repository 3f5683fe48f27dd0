#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "http/http.hpp"

/// Reading of query parameters that may be given several times. Each has a bound, since each one costs.
namespace virga::http {

inline constexpr std::size_t kMostParameters = 500;
inline constexpr std::size_t kMostSortKeys = 8;

/// Error{InvalidInput} when a request has more query parameters than any needs.
void check_parameter_count(const Request& request);

/// All values of a parameter, in order. Error{InvalidInput} naming it when there are more than `most`.
std::vector<std::string> query_values(const Request& request, std::string_view name,
                                      std::size_t most = kMostParameters);
/// The parts of a text such as "a,b,c", empty ones left out. Error{InvalidInput} naming the parameter when there are
/// more than `most`.
std::vector<std::string> split_list(std::string_view name, std::string_view text, std::size_t most);

struct SortItem {
    std::string key;
    bool ascending;
};
struct Sort {
    std::vector<SortItem> items;  ///< without repeats; empty: the resource's own order
    bool ascending;               ///< direction of what a resource adds to the keys
};
enum class SortForm {
    Pairs,   ///< sort_key and sort_dir, any number of times; a key without a direction has the first one
    OrList,  ///< also sort=KEY:asc,KEY
};
/// How a list shall be sorted. Error{InvalidInput}: more than kMostSortKeys keys, a key twice, more directions than
/// keys, another direction than asc and desc, both forms at once.
Sort read_sort(const Request& request, SortForm form, bool ascending_by_default);
/// Error{InvalidInput} when two keys, which may be two names of one column, are the same.
void check_distinct_keys(const std::vector<std::string>& columns);

}  // namespace virga::http
