#include <algorithm>

#include "volume/api/api.hpp"

namespace virga::volume::api {
namespace {

struct Extension {
    const char* alias;
    const char* name;
    const char* description;
};
constexpr Extension kExtensions[] = {
    {"backups", "Backups", "Volumes are backed up and restored."},
    {"capabilities", "Capabilities", "What a backend can do."},
    {"os-admin-actions", "AdminActions", "Actions of administrators on volumes and snapshots."},
    {"os-availability-zone", "AvailabilityZones", "Zones of the storage hosts."},
    {"os-extended-services", "ExtendedServices", "Why a service is disabled."},
    {"os-extended-snapshot-attributes", "ExtendedSnapshotAttributes", "Progress and project of snapshots."},
    {"os-hosts", "Hosts", "Storage hosts and what they hold."},
    {"os-quota-class-sets", "QuotaClasses", "Quotas by class."},
    {"os-quota-sets", "Quotas", "Quotas of projects."},
    {"os-services", "Services", "Services of block storage."},
    {"os-snapshot-manage", "SnapshotManage", "Snapshots are taken over from a backend, and let go."},
    {"os-types-extra-specs", "TypesExtraSpecs", "Extra specs of volume types."},
    {"os-types-manage", "TypesManage", "Volume types are made, changed and deleted."},
    {"os-used-limits", "UsedLimits", "Limits with what is used of them."},
    {"os-vol-host-attr", "VolumeHostAttribute", "The host of a volume."},
    {"os-vol-image-meta", "VolumeImageMetadata", "The image metadata of a volume."},
    {"os-vol-mig-status-attr", "VolumeMigStatusAttribute", "The migration status of a volume."},
    {"os-vol-tenant-attr", "VolumeTenantAttribute", "The project of a volume."},
    {"os-volume-actions", "VolumeActions", "Actions on volumes."},
    {"os-volume-encryption-metadata", "VolumeEncryptionMetadata", "How a volume is encrypted."},
    {"os-volume-manage", "VolumeManage", "Volumes are taken over from a backend, and let go."},
    {"os-volume-transfer", "VolumeTransfer", "Volumes are given to another project."},
    {"os-volume-type-access", "VolumeTypeAccess", "Which projects may use a private type."},
    {"os-volume-type-encryption", "VolumeTypeEncryption", "How the volumes of a type are encrypted."},
    {"qos-specs", "Qos_specs_manage", "QoS specs of volume types."},
    {"scheduler-stats", "Scheduler_stats", "Pools and what they hold."}};

json::object view_of(const Extension& extension) {
    return {{"alias", extension.alias},
            {"name", extension.name},
            {"description", extension.description},
            {"updated", "2022-07-31T00:00:00+00:00"},
            {"links", json::array()}};
}

http::Response list(const Call&) {
    json::array items;
    for (const auto& extension : kExtensions) items.push_back(view_of(extension));
    return http::Response::with_json(200, json::object{{"extensions", std::move(items)}});
}

http::Response show(const Call& call) {
    const auto& alias = call.request.param("alias");
    const auto* found = std::find_if(std::begin(kExtensions), std::end(kExtensions),
                                     [&](const Extension& item) { return alias == item.alias; });
    if (found == std::end(kExtensions)) {
        throw Error(ErrorCode::NotFound, "Extension " + alias + " could not be found.");
    }
    return http::Response::with_json(200, json::object{{"extension", view_of(*found)}});
}

}  // namespace

void register_extensions(Routes& routes) {
    routes.add("GET", "/extensions", "volume_extension:extensions", list);
    routes.add("GET", "/extensions/{alias}", "volume_extension:extensions", show);
}

}  // namespace virga::volume::api
