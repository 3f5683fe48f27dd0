#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace virga::volume {

/// Resource name ("volumes", "gigabytes", ...) to bound; below 0: no bound.
using QuotaLimits = std::map<std::string, std::int64_t, std::less<>>;

/// What a project has of one volume type.
struct TypeUsage {
    std::int64_t volumes = 0;
    std::int64_t snapshots = 0;
    std::int64_t gigabytes = 0;  ///< volumes and snapshots
};

/// What a project has, counted from rows.
struct QuotaUsage {
    std::int64_t volumes = 0;
    std::int64_t snapshots = 0;
    std::int64_t gigabytes = 0;  ///< volumes and snapshots
    std::int64_t backups = 0;
    std::int64_t backup_gigabytes = 0;                         ///< sizes of the volumes that were backed up
    std::map<std::string, TypeUsage, std::less<>> types = {};  ///< by name of the volume type
    std::int64_t groups = 0;
};

/// Names in the order of a quota set; those of volume types ("volumes_<type>", ...) come besides.
const std::vector<std::string>& quota_resources();
/// volumes, snapshots, gigabytes: what can be bounded for a volume type alone.
const std::vector<std::string>& quota_type_resources();
std::int64_t used(const QuotaUsage& usage, const std::string& resource);

/// Throw Error{QuotaExceeded} (HTTP 413) that names the quota, its bound and what is used. `type`: name of the volume
/// type, whose own quotas count too.
void check_new_volume(const QuotaLimits& limits, const QuotaUsage& usage, std::int64_t size_gib,
                      const std::string& type = {});
void check_new_snapshot(const QuotaLimits& limits, const QuotaUsage& usage, std::int64_t size_gib,
                        const std::string& type = {});
void check_new_group(const QuotaLimits& limits, const QuotaUsage& usage);
void check_new_backup(const QuotaLimits& limits, const QuotaUsage& usage, std::int64_t size_gib);
/// For a volume that grows from `old_gib` to `new_gib`.
void check_extend(const QuotaLimits& limits, const QuotaUsage& usage, std::int64_t old_gib, std::int64_t new_gib,
                  const std::string& type = {});
/// For a volume that gets another type: only the quotas of that type. `size_gib` with that of its snapshots.
void check_retype(const QuotaLimits& limits, const QuotaUsage& usage, std::int64_t size_gib, const std::string& type,
                  std::int64_t snapshots = 0);

}  // namespace virga::volume
