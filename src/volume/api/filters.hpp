#pragma once
#include "volume/api/api.hpp"
#include "volume/model/resource_filters.hpp"

/// Filters of lists.
namespace virga::volume::api {

/// Looks for a query parameter that is neither of paging and sorting, nor in `besides`, nor a filter of the resource
/// ("name~" is one from 3.34 on). From 3.31 on it gives Error{InvalidInput}; before, it doesn't count. Administrators
/// may filter by any attribute (but pools). False: nothing can have what is asked for, an attribute that isn't known
/// here or an empty text.
[[nodiscard]] bool check_filters(const Call& call, const std::string& resource, const FilterNames& besides = {});
/// Whether the query has no other parameters than these and those of paging and sorting.
bool has_only(const Call& call, const FilterNames& known);
/// {"<name>": []}, with the number that "with_count" asks for.
http::Response empty_list(const Call& call, const std::string& name);

}  // namespace virga::volume::api
