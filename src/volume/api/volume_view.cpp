#include "volume/api/volume_view.hpp"

#include "volume/api/api.hpp"

namespace virga::volume::api {
namespace {

/// What stands in `attachments`: those that a server has or is about to have.
json::array attachments_view(const std::vector<AttachmentRecord>& attachments, bool admin) {
    json::array out;
    for (const auto& item : attachments) {
        if (item.attach_status != AttachStatus::Attached && item.attach_status != AttachStatus::Detaching) continue;
        json::object view{{"id", item.volume.value},        {"attachment_id", item.id.value},
                          {"volume_id", item.volume.value}, {"server_id", string_or_null(item.server.value)},
                          {"device", item.device},          {"attached_at", time_or_null(item.attached_us)}};
        view["host_name"] = admin ? string_or_null(item.host) : json::value(nullptr);
        out.push_back(std::move(view));
    }
    return out;
}

void add_admin_fields(json::object& view, const VolumeRecord& v, int minor) {
    view["os-vol-host-attr:host"] =
        v.host.empty() ? json::value(nullptr) : json::value(v.host + "@" + v.backend + "#" + v.backend);
    view["os-vol-mig-status-attr:migstat"] = string_or_null(text_of(v.migration_status));
    view["os-vol-mig-status-attr:name_id"] = nullptr;
    view["migration_status"] = string_or_null(text_of(v.migration_status));
    if (minor >= 21) view["provider_id"] = nullptr;
    if (minor >= 61) view["cluster_name"] = nullptr;
}

void add_by_microversion(json::object& view, const VolumeRecord& v, int minor) {
    if (minor >= 13) view["group_id"] = string_or_null(v.group_id);
    if (minor >= 48) {
        view["service_uuid"] = v.host.empty() ? json::value(nullptr)
                                              : json::value(derived_uuid("cinder-volume", v.host + "@" + v.backend));
        view["shared_targets"] = false;
    }
    if (minor >= 64 && !v.encryption_key_id.empty()) view["encryption_key_id"] = v.encryption_key_id;
    if (minor >= 63) view["volume_type_id"] = string_or_null(v.type_id);
    if (minor >= 65) view["consumes_quota"] = true;
}

/// The user's, and what the service notes itself.
json::object shown_metadata(const VolumeRecord& v) {
    auto metadata = v.metadata;
    for (const auto& item : v.admin_metadata) metadata[item.key()] = item.value();
    return metadata;
}

}  // namespace

json::object users_metadata(json::object metadata) {
    for (const auto& name : admin_metadata_names()) metadata.erase(name);
    return metadata;
}

json::object volume_summary(const VolumeRecord& volume, const ViewOptions& options) {
    return {{"id", volume.id.value}, {"name", string_or_null(volume.name)}, {"links", options.links}};
}

json::object volume_detail(const VolumeRecord& v, const std::vector<AttachmentRecord>& attachments,
                           ViewOptions options) {
    json::object view{{"id", v.id.value},
                      {"status", word(v.status)},
                      {"size", v.size_gib},
                      {"availability_zone", v.availability_zone},
                      {"created_at", time_or_null(v.created_us)},
                      {"updated_at", time_or_null(v.updated_us)},
                      {"name", string_or_null(v.name)},
                      {"description", string_or_null(v.description)},
                      {"volume_type", string_or_null(v.volume_type)},
                      {"snapshot_id", string_or_null(v.snapshot_id)},
                      {"source_volid", string_or_null(v.source_volid)},
                      {"metadata", shown_metadata(v)},
                      {"links", std::move(options.links)},
                      {"user_id", v.user.value},
                      {"bootable", v.bootable ? "true" : "false"},
                      {"encrypted", !v.encryption_key_id.empty()},
                      {"replication_status", nullptr},
                      {"consistencygroup_id", nullptr},
                      {"multiattach", v.multiattach},
                      {"attachments", attachments_view(attachments, options.admin)},
                      {"os-vol-tenant-attr:tenant_id", v.project.value}};
    if (!v.image_metadata.empty()) view["volume_image_metadata"] = v.image_metadata;
    if (options.admin) add_admin_fields(view, v, options.minor);
    add_by_microversion(view, v, options.minor);
    return view;
}

}  // namespace virga::volume::api
