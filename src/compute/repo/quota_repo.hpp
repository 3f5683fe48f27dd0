#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "db/database.hpp"

/// SQL of the limits that projects have instead of the default ones.
namespace virga::compute::repo {

std::optional<std::int64_t> find_quota(db::Transaction& tx, const std::string& project, const std::string& resource);
void set_quota(db::Transaction& tx, const std::string& project, const std::string& resource, std::int64_t limit);
/// The project has the default limits again.
void forget_quotas(db::Transaction& tx, const std::string& project);

}  // namespace virga::compute::repo
