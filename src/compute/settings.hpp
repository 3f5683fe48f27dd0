#pragma once
#include "config/config.hpp"
#include "config/forms.hpp"

namespace virga::compute::setting {

inline const config::Setting<std::int64_t> max_local_block_devices{
    "compute.max_local_block_devices", 3, config::kQuota,
    "Local disks that a server may have; -1: any number; 0: servers must boot from volumes."};
inline const config::Setting<std::int64_t> max_attempts{
    "scheduler.max_attempts", 3, {1, 1000}, "Hosts that a boot is tried on before it fails."};
inline const config::Setting<std::int64_t> quota_instances{"quota.instances", 1000, config::kQuota,
                                                           "Servers per project; -1: no bound."};
inline const config::Setting<std::int64_t> quota_cores{"quota.cores", 2000, config::kQuota,
                                                       "Virtual CPUs per project; -1: no bound."};
inline const config::Setting<std::int64_t> quota_ram_mib{"quota.ram_mib", 2'000'000, config::kQuota,
                                                         "Memory of servers per project, MiB; -1: no bound."};
inline const config::Setting<std::int64_t> quota_metadata_items{"quota.metadata_items", 128, config::kQuota,
                                                                "Metadata items per server; -1: no bound."};
inline const config::Setting<std::string> default_zone{"compute.default_availability_zone", std::string("nova"),
                                                       config::kName, "Availability zone of hosts that name none."};
inline const config::Setting<bool> force_config_drive{
    "compute.force_config_drive", true,
    "Give every server a config drive, asked for or not. True as long as there is no metadata service, since key pairs "
    "and user data would reach no guest otherwise."};
inline const config::Setting<bool> enable_instance_password{
    "compute.enable_instance_password", true,
    "Give each new server an administrator's password: adminPass of the answer, admin_pass in its config drive, where "
    "cloudbase-init or a script of the image sets it."};
inline const config::Setting<std::string> dhcp_domain{
    "compute.dhcp_domain", std::string("novalocal"), config::kDomain,
    "Domain of the host names that guests are told; empty: host names without a domain."};
inline const config::Setting<std::int64_t> deleted_servers_kept_hours{
    "compute.deleted_servers_kept_hours",
    48,
    {0, 24 * 365},
    "Hours for which lists of changes (changes-since) and administrators' lists with deleted=true show deleted "
    "servers, at most the last 10,000 of them; 0: never."};
/// Times what a host has, below what 64 bits hold.
inline constexpr config::Range<std::int64_t> kPercent{1, 1'000'000};
inline const config::Setting<std::int64_t> cpu_ratio_percent{"scheduler.cpu_allocation_percent", 1600, kPercent,
                                                             "Virtual CPUs per real one, per cent."};
inline const config::Setting<std::int64_t> ram_ratio_percent{"scheduler.ram_allocation_percent", 150, kPercent,
                                                             "Memory of servers per real memory, per cent."};
inline const config::Setting<std::int64_t> disk_ratio_percent{"scheduler.disk_allocation_percent", 100, kPercent,
                                                              "Disk of servers per real disk, per cent."};

}  // namespace virga::compute::setting
