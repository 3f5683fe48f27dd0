#pragma once
#include <string>
#include <vector>

#include "compute/api/api.hpp"

namespace virga::compute::api {

/// A query parameter of a resource, from the microversion 2.`since` on.
struct QueryParameter {
    std::string name;
    int since = 1;
};

/// What a resource reads from the query, and from which microversion on it refuses anything else (Nova: the query
/// schemas, whose additionalProperties became false in 2.75, for some in the version that brought the schema).
struct QueryRule {
    std::string resource;
    int strict_since;
    std::vector<QueryParameter> parameters;
};
const std::vector<QueryRule>& query_rules();

/// Error{InvalidInput} naming the first parameter that the resource doesn't know, in versions that refuse it. Below
/// them it is ignored.
void check_query(const Call& call, std::string_view resource);

}  // namespace virga::compute::api
