#pragma once
#include "image/image_target.hpp"
#include "taskflow/typed_task.hpp"
#include "volume/flows/tasks.hpp"
#include "volume/host_commands.hpp"
#include "volume/model/new_volume.hpp"
#include "volume/model/records.hpp"

/// What the flows of this folder keep: one struct for each kind, or for the part that several kinds share. The names of
/// the fields are stored (see taskflow/codec.hpp).
namespace virga::volume::flows {

/// A task whose flow keeps `Data`.
template <class Data>
using TypedVolumeTask = taskflow::TypedTask<Data, VolumeTask>;

/// flatten_volume, unmanage_volume, and what any flow on a volume has.
struct VolumeData {
    VolumeId volume;

    template <class Fields>
    void fields(Fields& field) {
        field("volume_id", volume);
    }
};

/// create_snapshot, delete_snapshot, unmanage_snapshot, revert_volume.
struct SnapshotData {
    VolumeId volume;
    SnapshotId snapshot;

    template <class Fields>
    void fields(Fields& field) {
        field("volume_id", volume);
        field("snapshot_id", snapshot);
    }
};

/// Part of flows that change the files of a volume in use (online.hpp).
struct OnlineData {
    VolumeId volume;
    std::string snapshot;            ///< that is made or deleted; without a row when it is a temporary one
    std::optional<VolumeFile> file;  ///< the active one, once the volume is frozen

    template <class Fields>
    void fields(Fields& field) {
        field("online_volume", volume);
        field("online_snapshot", snapshot);
        field("online_file", file);
    }
};

/// What merging needs to know of those flows.
struct MergeData {
    VolumeId volume;
    SnapshotId snapshot;  ///< whose row goes afterwards; empty: none

    template <class Fields>
    void fields(Fields& field) {
        field("online_volume", volume);
        field("snapshot_id", snapshot);
    }
};

struct CreateVolumeData {
    VolumeId volume;
    std::int64_t size_gib = 0;
    SourceType source_type = SourceType::Raw;
    ImageId image;
    SnapshotId snapshot;
    VolumeId source_volume;  ///< the source, or the one that the snapshot is of
    BackupId backup;
    std::string backup_data;  ///< name of the backup's data
    std::string backup_key_id;
    std::string type;
    std::string backend_name;  ///< that the type asks for
    json::object type_specs;
    std::string zone;
    std::string wanted_host;
    std::string wanted_backend;
    bool bootable = false;
    json::object image_metadata;
    std::string frozen_snapshot;  ///< of a source that is in use
    std::string host;             ///< chosen by the scheduler
    std::string backend;

    template <class Fields>
    void fields(Fields& field) {
        field("volume_id", volume);
        field("size_gib", size_gib);
        std::string source(to_string(source_type));
        field("source_type", source);
        source_type = source_type_from(source);
        field("image_id", image);
        field("snapshot_id", snapshot);
        field("source_volid", source_volume);
        field("backup_id", backup);
        field("data_id", backup_data);
        field("backup_key_id", backup_key_id);
        field("type", type);
        field("backend_name", backend_name);
        field("type_specs", type_specs);
        field("zone", zone);
        field("wanted_host", wanted_host);
        field("wanted_backend", wanted_backend);
        field("bootable", bootable);
        field("image_metadata", image_metadata);
        field("online_snapshot", frozen_snapshot);
        field("host", host);
        field("backend", backend);
    }
};

struct DeleteVolumeData {
    VolumeId volume;
    std::vector<SnapshotId> snapshots;  ///< that go with it
    std::vector<VolumeId> dependents;   ///< that shared data with it

    template <class Fields>
    void fields(Fields& field) {
        field("volume_id", volume);
        field("snapshots", snapshots);
        field("dependents", dependents);
    }
};

struct ExtendVolumeData {
    VolumeId volume;
    VolumeId online_volume;
    std::int64_t size_gib = 0;
    std::int64_t old_size_gib = 0;

    template <class Fields>
    void fields(Fields& field) {
        field("volume_id", volume);
        field("online_volume", online_volume);
        field("size_gib", size_gib);
        field("old_size_gib", old_size_gib);
    }
};

/// retype_volume where the volume stays.
struct RetypeVolumeData {
    VolumeId volume;
    std::string type_id;
    std::string old_type;

    template <class Fields>
    void fields(Fields& field) {
        field("volume_id", volume);
        field("type_id", type_id);
        field("old_type", old_type);
    }
};

struct ReimageVolumeData {
    VolumeId volume;
    ImageId image;
    json::object image_metadata;

    template <class Fields>
    void fields(Fields& field) {
        field("volume_id", volume);
        field("image_id", image);
        field("image_metadata", image_metadata);
    }
};

struct UploadImageData {
    VolumeId volume;
    ImageId image;
    std::int64_t expected_bytes = 0;    ///< that the image will have; 0: known only as they are written
    std::optional<StoredImage> stored;  ///< once it is

    template <class Fields>
    void fields(Fields& field) {
        field("volume_id", volume);
        field("image_id", image);
        field("expected_bytes", expected_bytes);
        field("stored", stored);
    }
};

struct ManageVolumeData {
    VolumeId volume;
    std::string source_name;
    std::string format;

    template <class Fields>
    void fields(Fields& field) {
        field("volume_id", volume);
        field("source_name", source_name);
        field("format", format);
    }
};

struct ManageSnapshotData {
    VolumeId volume;
    SnapshotId snapshot;
    std::string source_name;

    template <class Fields>
    void fields(Fields& field) {
        field("volume_id", volume);
        field("snapshot_id", snapshot);
        field("source_name", source_name);
    }
};

/// Part of flows that read a temporary volume (temporary_volume.hpp).
struct TemporaryVolumeData {
    std::string id;
    std::string host;
    std::string backend;
    std::int64_t size_gib = 0;
    VolumeId volume;
    std::string snapshot;  ///< of the volume: what is copied
    bool in_use = false;

    template <class Fields>
    void fields(Fields& field) {
        field("id", id);
        field("host", host);
        field("backend", backend);
        field("size_gib", size_gib);
        field("volume_id", volume);
        field("snapshot_id", snapshot);
        field("in_use", in_use);
    }
};

/// Which volume such a flow reads.
struct ReadData {
    VolumeId volume;
    std::optional<TemporaryVolumeData> temporary;

    template <class Fields>
    void fields(Fields& field) {
        field("volume_id", volume);
        field("temporary_volume", temporary);
    }
};

/// import_backup, and what any flow on a backup has.
struct BackupData {
    BackupId backup;

    template <class Fields>
    void fields(Fields& field) {
        field("backup_id", backup);
    }
};

struct CreateBackupData {
    BackupId backup;
    VolumeId volume;
    SnapshotId snapshot;
    std::string parent;  ///< name of its data
    std::string host;
    std::string backend;
    std::int64_t size_gib = 0;
    json::object volume_facts;

    std::string key_id() const { return get_string(volume_facts, "encryption_key_id"); }

    template <class Fields>
    void fields(Fields& field) {
        field("backup_id", backup);
        field("volume_id", volume);
        field("snapshot_id", snapshot);
        field("parent_id", parent);
        field("host", host);
        field("backend", backend);
        field("size_gib", size_gib);
        field("volume_facts", volume_facts);
    }
};

struct RestoreBackupData {
    BackupId backup;
    std::string data;  ///< name of the backup's data
    VolumeId volume;
    json::object volume_facts;

    template <class Fields>
    void fields(Fields& field) {
        field("backup_id", backup);
        field("data_id", data);
        field("volume_id", volume);
        field("volume_facts", volume_facts);
    }
};

struct DeleteBackupData {
    BackupId backup;
    FlowId flow_before;  ///< of the backup

    template <class Fields>
    void fields(Fields& field) {
        field("backup_id", backup);
        field("flow_before", flow_before);
    }
};

/// delete_group, create_group from a source, and what any flow on a group has.
struct GroupData {
    std::string group;

    template <class Fields>
    void fields(Fields& field) {
        field("group_id", group);
    }
};

struct CreateGroupData {
    std::string group;
    std::string zone;
    std::string backend_name;
    json::object type_specs;

    template <class Fields>
    void fields(Fields& field) {
        field("group_id", group);
        field("zone", zone);
        field("backend_name", backend_name);
        field("type_specs", type_specs);
    }
};

struct CreateGroupSnapshotData {
    std::string group_snapshot;
    std::string host;
    std::string backend;
    std::vector<SnapshotData> snapshots;

    template <class Fields>
    void fields(Fields& field) {
        field("group_snapshot_id", group_snapshot);
        field("host", host);
        field("backend", backend);
        field("snapshots", snapshots);
    }
};

struct DeleteGroupSnapshotData {
    std::string group_snapshot;

    template <class Fields>
    void fields(Fields& field) {
        field("group_snapshot_id", group_snapshot);
    }
};

/// One end of a move, and what the volume is there.
struct MovePlace {
    std::string host;
    std::string backend;
    bool host_local = false;
    std::string type_id;
    bool multiattach = false;

    template <class Fields>
    void fields(Fields& field) {
        field("host", host);
        field("backend", backend);
        field("host_local", host_local);
        field("type_id", type_id);
        field("multiattach", multiattach);
    }
};

/// migrate_volume, and retype_volume to another backend.
struct MoveVolumeData {
    VolumeId volume;
    VolumeId online_volume;
    std::string reason;
    MovePlace source;
    MovePlace target;
    std::optional<VolumeFile> moved_file;   ///< at the target, once it has the data
    std::optional<VolumeFile> source_file;  ///< at the source, once the volume has moved

    bool retypes() const { return source.type_id != target.type_id; }

    template <class Fields>
    void fields(Fields& field) {
        field("volume_id", volume);
        field("online_volume", online_volume);
        field("reason", reason);
        field("source", source);
        field("target", target);
        field("moved_file", moved_file);
        field("source_file", source_file);
    }
};

}  // namespace virga::volume::flows
