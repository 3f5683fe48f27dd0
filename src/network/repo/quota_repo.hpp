#pragma once
#include <array>
#include <string>

#include "config/config.hpp"
#include "db/database.hpp"
#include "network/model/types.hpp"

namespace virga::network::repo {

inline constexpr std::array<QuotaResource, 5> kQuotaResources{QuotaResource::Networks, QuotaResource::Subnets,
                                                              QuotaResource::Ports, QuotaResource::SecurityGroups,
                                                              QuotaResource::SecurityGroupRules};

/// "network", "subnet", "port", "security_group", "security_group_rule"
std::string_view quota_name(QuotaResource resource);
std::int64_t default_quota(const config::Config& config, QuotaResource resource);
/// Of the project, or the default; below 0: no bound.
std::int64_t quota_of(db::Transaction& tx, const config::Config& config, const std::string& project,
                      QuotaResource resource);
std::int64_t count_used(db::Transaction& tx, const std::string& project, QuotaResource resource);
void set_quota(db::Transaction& tx, const std::string& project, QuotaResource resource, std::int64_t bound);
void delete_quotas(db::Transaction& tx, const std::string& project);
/// Projects that have quotas of their own.
std::vector<std::string> list_quota_projects(db::Transaction& tx);
/// Throws Fault OverQuota (409) when `more` do not fit. Call it in the transaction that inserts them.
void check_quota(db::Transaction& tx, const config::Config& config, const std::string& project, QuotaResource resource,
                 std::int64_t more = 1);

}  // namespace virga::network::repo
