#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "volume/host_commands.hpp"
#include "volume/model/records.hpp"

/// SQL of volumes. All functions run in the caller's transaction.
namespace virga::volume::repo {

void insert(db::Transaction& tx, const VolumeRecord& volume);
std::optional<VolumeRecord> find_volume(db::Transaction& tx, const VolumeId& id);
/// Throws Error{NotFound} "Volume <id> could not be found."
VolumeRecord get_volume(db::Transaction& tx, const VolumeId& id);
void delete_volume(db::Transaction& tx, const VolumeId& id);
/// Ids of the keys of those among the volumes that are encrypted, by volume id.
std::map<std::string, std::string> encryption_keys(db::Transaction& tx, const std::set<std::string>& volumes);
std::vector<VolumeRecord> all_volumes(db::Transaction& tx);

/// What a list asks for. Empty fields don't narrow.
struct VolumeFilter {
    std::string project;
    std::string user;
    std::string name;
    std::string name_like;
    std::string description;
    std::string status;
    std::string availability_zone;
    std::string host;  ///< "host", "host@backend" or "host@backend#pool"
    std::string size;
    std::string snapshot_id;
    std::string source_volid;
    std::string volume_type;  ///< name or id
    std::string attach_status;
    std::string group_id;
    std::string migration_status;
    std::string bootable;                                    ///< "0" or "1"
    std::string multiattach;                                 ///< "0" or "1"
    std::vector<std::string> ids;                            ///< any of
    json::object metadata;                                   ///< every pair
    json::object image_metadata;                             ///< every pair
    std::vector<std::pair<std::string, TimestampUs>> times;  ///< "v.created_us > ?" and the like
    bool nothing = false;                                    ///< asks for what no volume is
    std::vector<std::pair<std::string, bool>> sort;          ///< column, ascending
    std::optional<std::string> marker;
    std::size_t limit = 1000;
    std::size_t offset = 0;
};
/// Newest first unless sorted otherwise. One statement.
std::vector<VolumeRecord> list_volumes(db::Transaction& tx, const VolumeFilter& filter);
std::int64_t count_volumes(db::Transaction& tx, const VolumeFilter& filter);

void set_placement(db::Transaction& tx, const VolumeId& id, const std::string& host, const std::string& backend,
                   bool host_local);
void set_file(db::Transaction& tx, const VolumeId& id, const VolumeFile& file);
/// Only when the volume's file is still `old_path`: a change of its files that was recorded meanwhile is newer.
void replace_file(db::Transaction& tx, const VolumeId& id, const std::string& old_path, const VolumeFile& file);
void set_size(db::Transaction& tx, const VolumeId& id, std::int64_t size_gib);
void set_launched(db::Transaction& tx, const VolumeId& id, TimestampUs time);
void set_error(db::Transaction& tx, const VolumeId& id, const std::string& reason);
void set_flow(db::Transaction& tx, const VolumeId& id, const FlowId& flow);
void set_type(db::Transaction& tx, const VolumeId& id, const std::string& type_id, bool multiattach);
void set_bootable(db::Transaction& tx, const VolumeId& id, bool bootable);
void set_names(db::Transaction& tx, const VolumeId& id, const std::string& name, const std::string& description);
void set_metadata(db::Transaction& tx, const VolumeId& id, const json::object& metadata);
void set_admin_metadata(db::Transaction& tx, const VolumeId& id, const json::object& metadata);
/// The server that is being built with it; an empty one lets everybody have it.
void set_created_for(db::Transaction& tx, const VolumeId& id, const ServerId& server);
void clear_created_for(db::Transaction& tx, const ServerId& server);
void set_image_metadata(db::Transaction& tx, const VolumeId& id, const json::object& metadata);

// Of volumes that move to another backend.
/// Where else there is data of the volume, which counts there too; empty: nowhere.
void set_other_place(db::Transaction& tx, const VolumeId& id, const std::string& host, const std::string& backend);
/// No guest may be started with the volume until the flow has ended; empty: nobody holds it.
void set_held_by(db::Transaction& tx, const VolumeId& id, const FlowId& flow);
std::vector<FlowId> flows_holding_volumes_of(db::Transaction& tx, const ServerId& server);

/// Sum of sizes by "host@backend".
std::map<std::string, std::int64_t> provisioned_gib(db::Transaction& tx);
/// Flows that are making volumes from this snapshot or volume now.
std::vector<FlowId> flows_creating_from(db::Transaction& tx, const std::string& source_column, const std::string& id);

}  // namespace virga::volume::repo
