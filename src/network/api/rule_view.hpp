#pragma once
#include "network/model/types.hpp"

namespace virga::network::api {

/// A rule as it stands alone and within its group.
json::object rule_view(const SecurityGroupRule& rule);

}  // namespace virga::network::api
