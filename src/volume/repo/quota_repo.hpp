#pragma once
#include "base/ids.hpp"
#include "config/config.hpp"
#include "db/database.hpp"
#include "volume/model/quota.hpp"

/// SQL of quotas: bounds that differ from the configured ones, and usage counted from rows.
namespace virga::volume::repo {

/// The class of the limits that a project has unless it was given its own.
inline constexpr const char* kDefaultClass = "default";

/// The configured limits, changed by those of the class. Volume types are unbounded unless a class or project bounds
/// them.
QuotaLimits class_limits(db::Transaction& tx, const config::Config& config, const std::string& quota_class);
QuotaLimits default_limits(db::Transaction& tx, const config::Config& config);
QuotaLimits limits_of(db::Transaction& tx, const config::Config& config, const ProjectId& project);
QuotaUsage usage_of(db::Transaction& tx, const ProjectId& project);
/// `resource` is one of a quota set, by the names of volume types: those that limits_of returns.
void set_limit(db::Transaction& tx, const ProjectId& project, const std::string& resource, std::int64_t limit);
void set_class_limit(db::Transaction& tx, const std::string& quota_class, const std::string& resource,
                     std::int64_t limit);
/// Back to the configured ones.
void clear_limits(db::Transaction& tx, const ProjectId& project);

}  // namespace virga::volume::repo
