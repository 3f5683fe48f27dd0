#include "volume/flows/choose_type.hpp"
#include "volume/flows/flow_data.hpp"
#include "volume/flows/flow_kinds.hpp"
#include "volume/flows/flows.hpp"
#include "volume/flows/mark_failed.hpp"
#include "volume/flows/online.hpp"
#include "volume/flows/services.hpp"
#include "volume/flows/tasks.hpp"
#include "volume/flows/volume_keys.hpp"
#include "volume/model/new_volume.hpp"
#include "volume/model/placement.hpp"
#include "volume/repo/backup_repo.hpp"
#include "volume/repo/change_repo.hpp"
#include "volume/repo/claim_repo.hpp"
#include "volume/repo/group_repo.hpp"
#include "volume/repo/quota_repo.hpp"
#include "volume/repo/snapshot_repo.hpp"
#include "volume/repo/type_repo.hpp"
#include "volume/repo/volume_repo.hpp"

namespace virga::volume::flows {
namespace {

using taskflow::Outcome;
using taskflow::RevertOutcome;

/// What the source gives to the new volume.
struct Source {
    SourceType type = SourceType::Raw;
    std::optional<std::int64_t> size_gib;
    std::string type_name;
    std::string zone;
    std::string host;
    std::string backend;
    std::string origin_volume;  ///< of a snapshot
    std::string backup_data;    ///< name of a backup's data
    std::string key_id;         ///< of its encryption
    bool bootable = false;
    bool in_use = false;  ///< a volume that a guest may write to while it is copied
    json::object image_metadata;
    std::optional<image::Image> image;
};

void take_from_volume(Source& source, const VolumeRecord& volume) {
    source.type_name = volume.volume_type;
    source.zone = volume.availability_zone;
    source.host = volume.host;
    source.backend = volume.backend;
    source.key_id = volume.encryption_key_id;
}

void check_project(const identity::Auth& auth, const ProjectId& owner, const std::string& what, const std::string& id) {
    if (auth.reaches(owner)) return;
    throw Error(ErrorCode::NotFound, what + " " + id + " could not be found.", {}, id);
}

/// `claimed`: it was checked when the boot was accepted, and has been kept since.
Source source_snapshot(db::Transaction& tx, const identity::Auth& auth, const SnapshotId& id, bool claimed) {
    const auto snapshot = repo::get_snapshot(tx, id);
    if (!claimed) {
        check_project(auth, snapshot.project, "Snapshot", id.value);
        check_source(snapshot);
    }
    Source source{SourceType::Snapshot};
    source.size_gib = snapshot.size_gib;
    take_from_volume(source, repo::get_volume(tx, snapshot.volume));
    source.origin_volume = snapshot.volume.value;
    source.bootable = snapshot.bootable;
    source.image_metadata = snapshot.image_metadata;
    return source;
}

Source source_volume(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const VolumeId& id) {
    const auto volume = repo::get_volume(tx, id);
    check_project(auth, volume.project, "Volume", id.value);
    check_source(volume);
    Source source{SourceType::Volume};
    source.size_gib = volume.size_gib;
    take_from_volume(source, volume);
    source.in_use = volume.status == VolumeStatus::InUse;
    if (source.in_use) check_online(tx, d, volume);
    source.bootable = volume.bootable;
    source.image_metadata = volume.image_metadata;
    return source;
}

Source source_image(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const ImageId& id, bool claimed) {
    Source source{SourceType::Image};
    source.image = claimed ? d.images.find_any(tx, id) : d.images.find(tx, auth, id);
    if (!source.image) {
        throw Error(ErrorCode::InvalidInput,
                    "Invalid image identifier or unable to access requested image: imageRef " + id.value + ".");
    }
    if (!get_string(source.image->properties, "cinder_encryption_key_id").empty()) {
        throw Error(ErrorCode::InvalidInput,
                    "volume.imageRef: the data of image " + id.value + " is encrypted by another cloud's key.", {},
                    id.value);
    }
    source.bootable = true;
    source.image_metadata = metadata_of_image(*source.image);
    source.type_name = get_string(source.image_metadata, "cinder_img_volume_type");
    return source;
}

Source source_backup(db::Transaction& tx, const identity::Auth& auth, const BackupId& id) {
    const auto backup = repo::get_backup(tx, id);
    check_project(auth, backup.project, "Backup", id.value);
    check_source(backup);
    Source source{SourceType::Backup};
    source.size_gib = backup.size_gib;
    source.host = backup.host;
    source.backup_data = backup.data;
    source.key_id = backup.encryption_key_id;
    source.bootable = get_bool(backup.volume_facts, "bootable");
    source.image_metadata = get_object(backup.volume_facts, "image_metadata");
    return source;
}

Source source_of(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const NewVolume& request,
                 bool claimed) {
    switch (source_type(request)) {
        case SourceType::Raw:
            return {};
        case SourceType::Snapshot:
            return source_snapshot(tx, auth, SnapshotId(request.snapshot_id), claimed);
        case SourceType::Volume:
            return source_volume(tx, d, auth, VolumeId(request.source_volid));
        case SourceType::Image:
            return source_image(tx, d, auth, ImageId(request.image_id), claimed);
        case SourceType::Backup:
            return source_backup(tx, auth, BackupId(request.backup_id));
    }
    return {};
}

VolumeType type_of(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const NewVolume& request,
                   const Source& source) {
    if (!request.volume_type.empty()) return usable_type(tx, auth, request.volume_type);
    if (source.type_name.empty()) return default_type(tx, d, auth.project);
    // Whoever made an image may have named any type.
    return source.image ? usable_type(tx, auth, source.type_name) : repo::get_type(tx, source.type_name);
}

std::string zone_of(Dependencies& d, const NewVolume& request, const Source& source) {
    if (request.availability_zone.empty()) return source.zone.empty() ? kDefaultZone : source.zone;
    if (!source.zone.empty() && source.zone != request.availability_zone) {
        throw Error(ErrorCode::InvalidInput, "volume.availability_zone: must be " + source.zone +
                                                 ", the zone of the source, not " + request.availability_zone + ".");
    }
    const auto zones = zones_of(d.hosts.hosts());
    if (std::find(zones.begin(), zones.end(), request.availability_zone) == zones.end()) {
        throw Error(ErrorCode::InvalidInput,
                    "Availability zone '" + request.availability_zone + "' is invalid: no host is in it.");
    }
    return request.availability_zone;
}

bool copies_data(const Source& source) {
    return source.type == SourceType::Volume || source.type == SourceType::Snapshot;
}

/// Data is copied between volumes as it lies there, so that a copy of a volume or a snapshot has the same encryption.
void check_encryption(db::Transaction& tx, const VolumeType& type, const Source& source) {
    const bool encrypted = is_encrypted(tx, type);
    if (copies_data(source) && !same_encryption(tx, repo::get_type(tx, source.type_name), type)) {
        throw Error(ErrorCode::InvalidInput,
                    "Invalid volume_type provided: " + type.name +
                        " (requested type is not compatible; recommend omitting the type argument): its encryption is "
                        "not that of the source's type.",
                    {}, type.id);
    }
    if (!encrypted && source.type == SourceType::Backup && !source.key_id.empty()) {
        throw Error(ErrorCode::InvalidInput,
                    "volume_type: the backup is of an encrypted volume, but volumes of type " + type.name +
                        " are not encrypted.",
                    {}, type.id);
    }
    if (encrypted && type.multiattach()) {
        throw Error(ErrorCode::InvalidInput,
                    "volume_type: volumes of type " + type.name + " can't be both multiattach and encrypted.", {},
                    type.id);
    }
}

/// The key of a volume that is encrypted.
std::string key_for(db::Transaction& tx, Dependencies& d, const VolumeType& type, const Source& source) {
    if (!is_encrypted(tx, type)) return {};
    return copies_data(source) ? copy_key(tx, d, source.key_id) : make_key(tx, d);
}

VolumeRecord record_of(const identity::Auth& auth, const NewVolume& request, const Source& source,
                       const VolumeType& type, const FlowId& flow) {
    VolumeRecord v;
    v.id = request.id;
    v.project = auth.project;
    v.user = auth.user;
    v.name = request.name;
    v.description = request.description;
    v.size_gib = checked_size(request, source.size_gib);
    v.status = VolumeStatus::Creating;
    v.attach_status = AttachStatus::Detached;
    v.bootable = source.bootable && source.type != SourceType::Image;
    v.multiattach = type.multiattach();
    v.type_id = type.id;
    v.volume_type = type.name;
    v.host_local = true;
    v.image_id = request.image_id;
    v.snapshot_id = request.snapshot_id;
    v.source_volid = request.source_volid;
    v.metadata = request.metadata;
    v.created_for = request.created_for;
    v.group_id = request.group_id;
    v.flow = flow;
    v.created_us = now_us();
    return v;
}

CreateVolumeData data_of(const VolumeRecord& volume, const NewVolume& request, const Source& source,
                         const VolumeType& type) {
    CreateVolumeData data;
    data.volume = volume.id;
    data.size_gib = volume.size_gib;
    data.source_type = source.type;
    data.image = ImageId(request.image_id);
    data.snapshot = SnapshotId(request.snapshot_id);
    data.source_volume = VolumeId(source.origin_volume.empty() ? request.source_volid : source.origin_volume);
    data.backup = BackupId(request.backup_id);
    data.backup_data = source.backup_data;
    if (source.type == SourceType::Backup) data.backup_key_id = source.key_id;
    data.type = type.name;
    data.backend_name = get_string(type.extra_specs, "volume_backend_name");
    data.type_specs = type.extra_specs;
    data.zone = volume.availability_zone;
    data.wanted_host = source.host.empty() ? request.host : source.host;
    data.wanted_backend = source.backend;
    data.bootable = source.bootable;
    data.image_metadata = source.image_metadata;
    return data;
}

std::string describe_source(const CreateVolumeData& data) {
    switch (data.source_type) {
        case SourceType::Raw:
            return "empty (raw)";
        case SourceType::Snapshot:
            return "from snapshot " + data.snapshot.value;
        case SourceType::Volume:
            return "from volume " + data.source_volume.value;
        case SourceType::Image:
            return "from image " + data.image.value;
        case SourceType::Backup:
            return "from backup " + data.backup.value;
    }
    return {};
}

/// A record of what was decided; its revert is where a failed creation ends.
class ExtractVolumeRequest : public TypedVolumeTask<CreateVolumeData> {
public:
    using TypedTask::TypedTask;

    Outcome execute(const Context& context) override {
        Outcome outcome;
        outcome.decision = std::to_string(context.data.size_gib) + " GiB " + describe_source(context.data) + ", type " +
                           context.data.type + ", zone " + context.data.zone;
        return outcome;
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure& failure) override {
        return revert_marking(
            context, failure,
            {mark(volume_change::kFailCreate, context.data.volume), "create",
             [this, id = context.data.volume](db::Transaction& tx) { d_.images.release_holds(tx, id.value); }});
    }
};

class ScheduleVolume : public TypedVolumeTask<CreateVolumeData> {
public:
    using TypedTask::TypedTask;

    Outcome execute(const Context& context) override {
        const PlacementRequest request{context.data.size_gib,       context.data.zone,         context.data.wanted_host,
                                       context.data.wanted_backend, context.data.backend_name, context.data.type_specs};
        const auto [backend, reason] =
            context.db.read_with([&](db::Transaction& tx) { return choose(tx, context, request); });
        Outcome outcome;
        outcome.decision = request.backend.empty() ? reason : backend.label() + ": where the source is";
        outcome.provides = json::object{{"host", backend.host}, {"backend", backend.name}};
        outcome.apply = [id = context.data.volume, chosen = backend](db::Transaction& tx) {
            repo::set_placement(tx, id, chosen.host, chosen.name, chosen.host_local);
        };
        return outcome;
    }

private:
    /// A volume that is to be near a server, since nothing that it is made from ties it to a host, may be on any host
    /// from where it reaches the server over the network, when there is no place nearby.
    Placement choose(db::Transaction& tx, const Context& context, const PlacementRequest& request) {
        auto all = backends(tx, d_);
        const auto provisioned = repo::provisioned_gib(tx);
        try {
            return choose_backend(all, request, provisioned);
        } catch (const Error&) {
            const auto type = context.data.source_type;
            const bool tied = type != SourceType::Raw && type != SourceType::Image;
            const auto volume = repo::get_volume(tx, context.data.volume);
            if (request.host.empty() || tied || !volume.encryption_key_id.empty() || !has_remote_disks(request.host))
                throw;
            std::erase_if(all, [](const Backend& one) { return one.host_local && !one.exports; });
            auto anywhere = request;
            anywhere.host.clear();
            if (all.empty()) throw;
            return choose_backend(all, anywhere, provisioned);
        }
    }

    bool has_remote_disks(const std::string& name) {
        const auto host = d_.hosts.find(name);
        return host && get_bool(host->report, "remote_disks");
    }
};

class HandleBootableMeta : public TypedVolumeTask<CreateVolumeData> {
public:
    using TypedTask::TypedTask;

    Outcome execute(const Context& context) override {
        Outcome outcome;
        const auto bootable = context.data.bootable;
        const auto& metadata = context.data.image_metadata;
        if (!bootable && metadata.empty()) {
            outcome.decision = "not bootable: the source carries no image";
            return outcome;
        }
        outcome.decision = std::string(bootable ? "bootable, " : "not bootable, ") + std::to_string(metadata.size()) +
                           " image metadata items copied from the " + std::string(to_string(context.data.source_type));
        outcome.apply = [id = context.data.volume, bootable, metadata = metadata](db::Transaction& tx) {
            repo::set_bootable(tx, id, bootable);
            repo::set_image_metadata(tx, id, metadata);
        };
        return outcome;
    }

    RevertOutcome revert(const Context& context, const taskflow::Failure&) override {
        RevertOutcome outcome;
        outcome.decision = "not bootable, image metadata removed";
        outcome.apply = [id = context.data.volume](db::Transaction& tx) {
            repo::set_bootable(tx, id, false);
            repo::set_image_metadata(tx, id, {});
        };
        return outcome;
    }
};

class CreateVolumeOnFinish : public TypedVolumeTask<VolumeData> {
public:
    using TypedTask::TypedTask;

    Outcome execute(const Context& context) override {
        Outcome outcome;
        outcome.decision = "volume is available";
        outcome.apply = [this, id = context.data.volume](db::Transaction& tx) {
            d_.images.release_holds(tx, id.value);
            // A volume that was reserved while its image was being copied stays reserved.
            repo::try_change(tx, volume_change::kFinishCreate, id);
            repo::set_launched(tx, id, now_us());
        };
        return outcome;
    }
};

/// A backup is held while it is read, which begins and ends with the flow. A source in use stands still in a temporary
/// snapshot while it is copied.
std::vector<taskflow::TaskSpec> tasks_of(const Source& source) {
    const bool held = source.type == SourceType::Backup;
    std::vector<taskflow::TaskSpec> tasks;
    if (held) tasks.push_back({task::kHoldBackup});
    tasks.push_back({task::kExtractRequest});
    tasks.push_back({task::kSchedule});
    if (source.in_use) {
        for (auto& one : freeze_tasks()) tasks.push_back(std::move(one));
    }
    tasks.push_back({task::kCreateFromSpec});
    if (source.in_use) tasks.push_back(delete_temporary_task());
    tasks.push_back({task::kBootableMeta});
    if (held) tasks.push_back({task::kReleaseBackup});
    tasks.push_back({task::kCreateOnFinish});
    return tasks;
}

void hold_backup(db::Transaction& tx, const std::string& id, const FlowId& flow) {
    const BackupId backup(id);
    repo::require_change(tx, backup_change::kRestore, backup);
    repo::set_flow(tx, backup, flow);
}

/// A volume of a group goes where the group is. One that a flow makes comes into a group that is itself being made.
void join_group(db::Transaction& tx, const identity::Auth& auth, const NewVolume& request, const VolumeType& type,
                bool by_flow, Source& source) {
    const auto group = repo::get_group(tx, request.group_id);
    check_project(auth, group.project, "Group", group.id);
    const auto refuse = [&](const std::string& why) {
        throw Error(ErrorCode::InvalidInput, "volume.group_id: group " + group.id + " " + why, {}, group.id);
    };
    if (group.status != GroupStatus::Available && !(by_flow && group.status == GroupStatus::Creating))
        refuse("is " + text_of(group.status) + ".");
    if (group.project != auth.project) refuse("is of another project.");
    const auto& types = group.volume_types;
    if (std::find(types.begin(), types.end(), type.id) == types.end())
        refuse("takes no volumes of type " + type.name + ".");
    if (!source.host.empty() && (source.host != group.host || source.backend != group.backend)) {
        refuse("is on another backend than the source.");
    }
    source.host = group.host;
    source.backend = group.backend;
    source.zone = group.availability_zone;
}

/// The volume counts from now on instead of its claim. False when there is none.
bool take_claim(db::Transaction& tx, const NewVolume& request) {
    if (request.claim.empty() || !repo::find_claim(tx, request.claim)) return false;
    repo::set_made(tx, request.claim, true);
    return true;
}

}  // namespace

void claim_volume(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const NewVolume& request) {
    if (repo::find_claim(tx, request.claim)) return;
    const auto source = source_of(tx, d, auth, request, false);
    const auto type = type_of(tx, d, auth, request, source);
    const auto size = checked_size(request, source.size_gib);
    zone_of(d, request, source);
    if (source.image) check_image(*source.image, size);
    check_encryption(tx, type, source);
    check_new_volume(repo::limits_of(tx, d.config, auth.project), repo::usage_of(tx, auth.project), size, type.name);
    repo::insert(tx, repo::Claim{request.claim, request.created_for, auth.project, type.id, size, request.snapshot_id});
}

FlowId create_volume(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const NewVolume& request,
                     const std::optional<FlowId>& parent) {
    const FlowId flow(derived_uuid(request.id.value, "create_volume"));
    if (repo::find_volume(tx, request.id)) return flow;
    if (d.runner.find(tx, flow)) {
        throw Error(ErrorCode::NotFound, "Volume " + request.id.value + " was deleted while it was being created.");
    }
    const bool claimed = take_claim(tx, request);
    auto source = source_of(tx, d, auth, request, claimed);
    const auto type = type_of(tx, d, auth, request, source);
    if (!request.group_id.empty()) join_group(tx, auth, request, type, parent.has_value(), source);
    auto volume = record_of(auth, request, source, type, flow);
    volume.availability_zone = zone_of(d, request, source);
    if (source.image && !claimed) check_image(*source.image, volume.size_gib);
    if (source.image) d.images.hold(tx, source.image->id, volume.id.value);
    check_new_volume(repo::limits_of(tx, d.config, auth.project), repo::usage_of(tx, auth.project), volume.size_gib,
                     volume.volume_type);
    check_encryption(tx, type, source);
    volume.encryption_key_id = key_for(tx, d, type, source);
    if (source.type == SourceType::Backup) hold_backup(tx, request.backup_id, flow);
    repo::insert(tx, volume);
    auto facts = data_of(volume, request, source, type);
    if (source.in_use) facts.frozen_snapshot = volume.id.value;
    auto data = taskflow::encode(facts);
    if (source.in_use) {
        for (const auto& item : freeze_data(VolumeId(request.source_volid), facts.frozen_snapshot)) data.insert(item);
    }
    d.runner.start(tx, {flow, flow_kind::kCreateVolume, volume.id.value, tasks_of(source), std::move(data),
                        auth.request_id, auth.project.value, auth.user.value, parent});
    return flow;
}

void register_create_volume(taskflow::Registry& registry, Dependencies& d) {
    registry.add(task::kExtractRequest, std::make_shared<ExtractVolumeRequest>(d));
    registry.add(task::kSchedule, std::make_shared<ScheduleVolume>(d));
    registry.add(task::kBootableMeta, std::make_shared<HandleBootableMeta>(d));
    registry.add(task::kCreateOnFinish, std::make_shared<CreateVolumeOnFinish>(d));
}

}  // namespace virga::volume::flows
