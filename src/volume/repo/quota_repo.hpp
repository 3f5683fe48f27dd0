#pragma once
#include "base/ids.hpp"
#include "config/config.hpp"
#include "db/database.hpp"
#include "volume/model/quota.hpp"

/// SQL of quotas: bounds that differ from the configured ones, and usage counted from rows.
namespace virga::volume::repo {

QuotaLimits default_limits(const config::Config& config);
QuotaLimits limits_of(db::Transaction& tx, const config::Config& config, const ProjectId& project);
QuotaUsage usage_of(db::Transaction& tx, const ProjectId& project);
void set_limit(db::Transaction& tx, const ProjectId& project, const std::string& resource, std::int64_t limit);
/// Back to the configured ones.
void clear_limits(db::Transaction& tx, const ProjectId& project);

}  // namespace virga::volume::repo
