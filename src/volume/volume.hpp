#pragma once
#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/json.hpp"
#include "volume/model/snapshot_state.hpp"
#include "volume/model/volume_state.hpp"

/// What other services know of volumes.
namespace virga::volume {

/// From where a volume can be used.
enum class Reach {
    Anywhere,   ///< its storage is a network's
    ByNetwork,  ///< by its host directly, by others that have certificates over NBD
    OwnHost,    ///< by its host only
};

/// One volume as other services see it.
struct Volume {
    VolumeId id;
    ProjectId project;
    UserId user;
    std::string name;
    std::string description;
    std::int64_t size_gib = 0;
    VolumeStatus status = VolumeStatus::Creating;
    AttachStatus attach_status = AttachStatus::Detached;
    bool bootable = false;
    bool multiattach = false;
    std::string volume_type;
    std::string availability_zone;
    std::string host;         ///< name of the storage host, empty before it is scheduled
    std::string backend;      ///< name of the backend on that host
    bool host_local = false;  ///< its data is on `host`: see Service::reach for who else can use it
    std::string snapshot_id;
    std::string source_volid;
    json::object image_metadata;  ///< volume_image_metadata: name -> string; empty when none
    std::string error;            ///< why it is in an error status
    TimestampUs created_us = 0;
};

struct Snapshot {
    SnapshotId id;
    VolumeId volume;
    ProjectId project;
    std::string name;
    SnapshotStatus status = SnapshotStatus::Creating;
    std::int64_t size_gib = 0;  ///< of the volume when it was taken
};

struct Attachment {
    AttachmentId id;
    VolumeId volume;
    ServerId server;  ///< may be empty
    AttachStatus attach_status = AttachStatus::Reserved;
    std::string device;
    std::string host;  ///< host of the connector, empty before there is one
    json::object connection_info;
};

/// What a new volume is made from; at most one source is set.
struct NewVolume {
    VolumeId id;  ///< chosen by the caller, so that a repeat can't make a second one
    std::string name;
    std::string description;
    std::int64_t size_gib = 0;  ///< 0: the source's size
    std::string image_id;
    std::string snapshot_id;
    std::string source_volid;
    std::string backup_id;
    std::string volume_type;
    std::string availability_zone;
    std::string host;      ///< wanted storage host, or empty
    std::string group_id;  ///< volume group that it is made in, or empty
    ServerId created_for;  ///< the server whose boot makes it, or empty: nobody else can have it until that has ended
    std::string claim;     ///< what Service::claim made for it, or empty
    json::object metadata;
};

}  // namespace virga::volume
