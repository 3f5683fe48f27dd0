#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "db/database.hpp"

/// SQL of the limits that projects have instead of the default ones.
namespace virga::compute::repo {

/// By resource.
std::map<std::string, std::int64_t> quotas_of(db::Transaction& tx, const std::string& project);
void set_quota(db::Transaction& tx, const std::string& project, const std::string& resource, std::int64_t limit);
/// The project has the default limits again.
void forget_quotas(db::Transaction& tx, const std::string& project);

}  // namespace virga::compute::repo
