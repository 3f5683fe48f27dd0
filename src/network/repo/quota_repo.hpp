#pragma once
#include <array>
#include <map>
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
using Quotas = std::map<QuotaResource, std::int64_t>;
/// By project: what those that have quotas of their own have, with the defaults for the rest.
std::map<std::string, Quotas> list_quotas(db::Transaction& tx, const config::Config& config);
/// Throws Fault OverQuota (409) when `more` do not fit. Call it in the transaction that inserts them.
void check_quota(db::Transaction& tx, const config::Config& config, const std::string& project, QuotaResource resource,
                 std::int64_t more = 1);

}  // namespace virga::network::repo
