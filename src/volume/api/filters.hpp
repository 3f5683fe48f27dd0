#pragma once
#include "volume/api/api.hpp"
#include "volume/model/resource_filters.hpp"

/// Filters of lists.
namespace virga::volume::api {

/// From 3.31 on, a query parameter that is neither of paging and sorting, nor in `besides`, nor a filter of the
/// resource gives Error{InvalidInput}; administrators may filter by anything (but pools). "name~" is one from 3.34 on.
void check_filters(const Call& call, const std::string& resource, const FilterNames& besides = {});

}  // namespace virga::volume::api
