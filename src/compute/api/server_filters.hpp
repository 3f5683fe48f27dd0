#pragma once
#include <functional>
#include <vector>

#include "compute/api/api.hpp"

namespace virga::compute::api {

/// The filters of a list of servers that are patterns, as far as the query has them (Nova: the query schema's regex
/// parameters). Error{InvalidInput} for a pattern that can't be searched.
std::vector<std::function<bool(const Server&)>> text_conditions(const Call& call);

}  // namespace virga::compute::api
