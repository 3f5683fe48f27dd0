#pragma once
#include <map>
#include <string>

#include "volume/api/api.hpp"
#include "volume/model/quota.hpp"

/// What quota sets of projects and of classes share.
namespace virga::volume::api {

/// The limits that a request sets. `present` names the resources that there are. Throws Error{InvalidInput} for another
/// one, or a limit that isn't an integer of at least -1 (no bound).
std::map<std::string, std::int64_t> wanted_limits(const json::object& body, http::Fields& fields,
                                                  const QuotaLimits& present);
/// Names and limits, those of volume types last.
json::object limits_view(const QuotaLimits& limits);

}  // namespace virga::volume::api
