#include "volume/model/resource_filters.hpp"

namespace virga::volume {

const std::map<std::string, FilterNames, std::less<>>& resource_filters() {
    static const std::map<std::string, FilterNames, std::less<>> all{
        {"volume",
         {"name",        "status",        "metadata",        "bootable",       "migration_status", "availability_zone",
          "group_id",    "size",          "created_at",      "updated_at",     "display_name",     "description",
          "id",          "user_id",       "volume_type",     "volume_type_id", "snapshot_id",      "source_volid",
          "multiattach", "attach_status", "glance_metadata", "consumes_quota"}},
        {"snapshot",
         {"name", "status", "volume_id", "metadata", "availability_zone", "created_at", "updated_at", "display_name",
          "user_id", "consumes_quota"}},
        {"backup", {"name", "status", "volume_id", "snapshot_id", "metadata"}},
        {"group", {"name", "status"}},
        {"group_snapshot", {"name", "status", "group_id"}},
        {"attachment", {"volume_id", "status", "instance_id", "attach_status"}},
        {"message", {"resource_uuid", "resource_type", "event_id", "request_id", "message_level"}},
        {"pool", {"name", "volume_type"}},
        {"volume_type", {"name", "is_public", "extra_specs"}}};
    return all;
}

}  // namespace virga::volume
