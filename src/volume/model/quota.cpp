#include "volume/model/quota.hpp"

#include "base/error.hpp"

namespace virga::volume {
namespace {

std::int64_t limit_of(const QuotaLimits& limits, std::string_view resource) {
    const auto found = limits.find(resource);
    return found == limits.end() ? -1 : found->second;
}

void check_count(const QuotaLimits& limits, const std::string& resource, std::int64_t used_now) {
    const auto limit = limit_of(limits, resource);
    if (limit < 0 || used_now + 1 <= limit) return;
    throw Error(ErrorCode::QuotaExceeded, "Quota exceeded: '" + resource + "' allows " + std::to_string(limit) +
                                              ", and " + std::to_string(used_now) +
                                              " are in use. Delete some or ask for a larger quota.");
}

void check_gigabytes(const QuotaLimits& limits, const std::string& resource, std::int64_t used_gib,
                     std::int64_t added_gib) {
    const auto limit = limit_of(limits, resource);
    if (limit < 0 || used_gib + added_gib <= limit) return;
    throw Error(ErrorCode::QuotaExceeded, "The request for " + std::to_string(added_gib) + " GiB exceeds the quota '" +
                                              resource + "': it allows " + std::to_string(limit) + " GiB, and " +
                                              std::to_string(used_gib) + " GiB are in use.");
}

void check_one_volume(const QuotaLimits& limits, std::int64_t size_gib) {
    const auto limit = limit_of(limits, "per_volume_gigabytes");
    if (limit < 0 || size_gib <= limit) return;
    throw Error(ErrorCode::QuotaExceeded, "The volume size " + std::to_string(size_gib) +
                                              " GiB is over the quota 'per_volume_gigabytes' of " +
                                              std::to_string(limit) + " GiB.");
}

TypeUsage usage_of_type(const QuotaUsage& usage, std::string_view type) {
    const auto found = usage.types.find(type);
    return found == usage.types.end() ? TypeUsage{} : found->second;
}

std::int64_t used(const TypeUsage& usage, std::string_view resource) {
    if (resource == "volumes") return usage.volumes;
    return resource == "snapshots" ? usage.snapshots : usage.gigabytes;
}

}  // namespace

const std::vector<std::string>& quota_type_resources() {
    static const std::vector<std::string> names{"volumes", "snapshots", "gigabytes"};
    return names;
}

const std::vector<std::string>& quota_resources() {
    static const std::vector<std::string> names{"volumes", "snapshots",        "gigabytes", "per_volume_gigabytes",
                                                "backups", "backup_gigabytes", "groups"};
    return names;
}

std::int64_t used(const QuotaUsage& usage, const std::string& resource) {
    if (resource == "volumes") return usage.volumes;
    if (resource == "snapshots") return usage.snapshots;
    if (resource == "groups") return usage.groups;
    if (resource == "backups") return usage.backups;
    if (resource == "backup_gigabytes") return usage.backup_gigabytes;
    if (resource == "gigabytes") return usage.gigabytes;
    for (const auto& name : quota_type_resources()) {
        if (!resource.starts_with(name + "_")) continue;
        return used(usage_of_type(usage, std::string_view(resource).substr(name.size() + 1)), name);
    }
    return 0;
}

void check_new_volume(const QuotaLimits& limits, const QuotaUsage& usage, std::int64_t size_gib,
                      const std::string& type) {
    check_one_volume(limits, size_gib);
    check_gigabytes(limits, "gigabytes", usage.gigabytes, size_gib);
    check_count(limits, "volumes", usage.volumes);
    check_retype(limits, usage, size_gib, type);
}

void check_new_group(const QuotaLimits& limits, const QuotaUsage& usage) {
    check_count(limits, "groups", usage.groups);
}

void check_new_snapshot(const QuotaLimits& limits, const QuotaUsage& usage, std::int64_t size_gib,
                        const std::string& type) {
    check_gigabytes(limits, "gigabytes", usage.gigabytes, size_gib);
    check_count(limits, "snapshots", usage.snapshots);
    const auto own = usage_of_type(usage, type);
    check_gigabytes(limits, "gigabytes_" + type, own.gigabytes, size_gib);
    check_count(limits, "snapshots_" + type, own.snapshots);
}

void check_new_backup(const QuotaLimits& limits, const QuotaUsage& usage, std::int64_t size_gib) {
    check_gigabytes(limits, "backup_gigabytes", usage.backup_gigabytes, size_gib);
    check_count(limits, "backups", usage.backups);
}

void check_extend(const QuotaLimits& limits, const QuotaUsage& usage, std::int64_t old_gib, std::int64_t new_gib,
                  const std::string& type) {
    check_one_volume(limits, new_gib);
    check_gigabytes(limits, "gigabytes", usage.gigabytes, new_gib - old_gib);
    check_gigabytes(limits, "gigabytes_" + type, usage_of_type(usage, type).gigabytes, new_gib - old_gib);
}

void check_retype(const QuotaLimits& limits, const QuotaUsage& usage, std::int64_t size_gib, const std::string& type,
                  std::int64_t snapshots) {
    const auto own = usage_of_type(usage, type);
    check_gigabytes(limits, "gigabytes_" + type, own.gigabytes, size_gib);
    check_count(limits, "volumes_" + type, own.volumes);
    if (snapshots > 0) check_count(limits, "snapshots_" + type, own.snapshots + snapshots - 1);
}

}  // namespace virga::volume
