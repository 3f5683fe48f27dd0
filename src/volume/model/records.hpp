#pragma once
#include <optional>
#include <string>

#include "volume/volume.hpp"

/// Rows of the volume service: what other services see (service.hpp) plus what only this one needs.
namespace virga::volume {

struct VolumeRecord : Volume {
    std::string type_id;
    std::string format;  ///< of the active file, as the driver said; empty before the data exists
    std::string path;    ///< of the active file on `host`: for operators, the driver finds it by the volume's id
    std::string image_id;
    json::object metadata;          ///< the user's
    json::object admin_metadata;    ///< what the service itself notes. Shown, and not the user's to change
    ServerId created_for;           ///< the server whose boot makes it; empty as soon as that server has it, or failed
    std::string encryption_key_id;  ///< empty: not encrypted
    std::string group_id;           ///< volume group, or empty
    FlowId flow;                    ///< the last flow that changed it
    MigrationStatus migration_status = MigrationStatus::None;
    std::string other_host;  ///< while it moves: where else there is data of it; empty otherwise
    std::string other_backend;
    bool is_moving() const { return !other_host.empty(); }
    TimestampUs updated_us = 0;
    TimestampUs launched_us = 0;  ///< 0 until the data is complete
};

/// Names of what may stand in VolumeRecord::admin_metadata.
const std::vector<std::string>& admin_metadata_names();

/// How the connections of the volume are to be made: as os-attach said, else as os-update_readonly_flag did.
inline std::string access_mode(const VolumeRecord& volume) {
    const auto attached = get_string(volume.admin_metadata, "attached_mode");
    if (!attached.empty()) return attached;
    return get_string(volume.admin_metadata, "readonly") == "True" ? "ro" : "rw";
}

/// os-update_readonly_flag.
inline bool is_readonly(const VolumeRecord& volume) {
    return get_string(volume.admin_metadata, "readonly") == "True";
}

struct SnapshotRecord : Snapshot {
    UserId user;
    std::string description;
    json::object metadata;
    bool bootable = false;          ///< of the volume when it was taken
    json::object image_metadata;    ///< of the volume when it was taken
    std::string progress;           ///< "80%", when somebody told; empty: it follows from the status
    std::string group_snapshot_id;  ///< what it is a part of, or empty
    std::string error;
    FlowId flow;
    TimestampUs created_us = 0;
    TimestampUs updated_us = 0;
};

/// Of an attachment, until it is connected, when nobody said. The API's word, too.
inline constexpr const char* kNoMode = "null";

struct AttachmentRecord : Attachment {
    ProjectId project;
    std::string mode = kNoMode;  ///< rw, ro, or kNoMode
    /// Made through this service's API: `server` is whatever its maker wrote there, another project's or none that
    /// exists. Compute knows nothing of it, and nothing is done to that server for it.
    bool by_user = false;
    TimestampUs created_us = 0;
    TimestampUs attached_us = 0;
    bool connected() const { return !host.empty(); }
    /// Whether somebody may have been told how to reach the volume. Nobody was of a connection that could not be made.
    bool may_be_used() const {
        return connected() && !(attach_status == AttachStatus::ErrorAttaching && connection_info.empty());
    }
    /// Whether compute made it, for a server that it runs.
    bool of_compute() const { return !by_user && !server.empty(); }
};

struct VolumeType {
    std::string id;
    std::string name;
    std::string description;
    bool is_public = true;
    json::object extra_specs;
    std::string qos_specs_id;  ///< empty: none
    TimestampUs created_us = 0;
    /// Extra spec multiattach = "<is> True".
    bool multiattach() const;
};

/// How volumes of a type are encrypted. The words are kept as they were given.
struct TypeEncryption {
    std::string type_id;
    std::string id;
    std::string provider;
    std::optional<std::string> cipher;
    std::optional<std::int64_t> key_size;
    std::string control_location;  ///< front-end or back-end
    TimestampUs created_us = 0;
    TimestampUs updated_us = 0;
};

/// Why an asynchronous operation failed, in words for the user (GET /messages).
struct Message {
    std::string id;
    ProjectId project;
    std::string request_id;
    std::string resource_type;  ///< VOLUME, VOLUME_SNAPSHOT
    std::string resource_id;
    std::string event_id;
    std::string text;
    TimestampUs created_us = 0;
};

/// How long messages are kept at least.
inline constexpr TimestampUs kMessageLifeUs = 30LL * 24 * 3600 * 1'000'000;

}  // namespace virga::volume
