#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "volume/model/group.hpp"

/// SQL of groups, their types and snapshots.
namespace virga::volume::repo {

/// What a list asks for. Empty fields don't narrow.
struct GroupFilter {
    std::string project;
    std::string name;
    std::string status;
    std::string group_id;                            ///< of group snapshots
    std::vector<std::pair<std::string, bool>> sort;  ///< column, ascending
    std::optional<std::string> marker;
    std::size_t limit = 1000;
    std::size_t offset = 0;
};

/// Throws Error{Conflict} when the name is taken.
void insert(db::Transaction& tx, const GroupType& type);
/// Throws Error{NotFound} "Group type <id> could not be found."
GroupType get_group_type(db::Transaction& tx, const std::string& id_or_name);
std::vector<GroupType> list_group_types(db::Transaction& tx, const GroupFilter& filter,
                                        const std::optional<bool>& is_public);
void update(db::Transaction& tx, const GroupType& type);
/// Throws Error{InvalidInput} while a group is of it.
void delete_group_type(db::Transaction& tx, const std::string& id);

void insert(db::Transaction& tx, const Group& group);
std::optional<Group> find_group(db::Transaction& tx, const std::string& id);
/// Throws Error{NotFound} "Group <id> could not be found."
Group get_group(db::Transaction& tx, const std::string& id);
std::vector<Group> list_groups(db::Transaction& tx, const GroupFilter& filter);
/// Oldest first.
std::vector<VolumeRecord> volumes_of_group(db::Transaction& tx, const std::string& group_id);
/// Ids of the volumes of many groups, in one statement; by group id.
std::map<std::string, std::vector<std::string>> volumes_by_group(db::Transaction& tx, const std::vector<Group>& groups);
void set_group_names(db::Transaction& tx, const std::string& id, const std::string& name,
                     const std::string& description);
void set_group_placement(db::Transaction& tx, const std::string& id, const std::string& host,
                         const std::string& backend);
/// An empty group takes the volume out.
void set_group_of(db::Transaction& tx, const VolumeId& volume, const std::string& group_id);
/// Volumes that are still in it are in none then.
void delete_group(db::Transaction& tx, const std::string& id);

void insert(db::Transaction& tx, const GroupSnapshot& snapshot);
std::optional<GroupSnapshot> find_group_snapshot(db::Transaction& tx, const std::string& id);
/// Throws Error{NotFound} "Group snapshot <id> could not be found."
GroupSnapshot get_group_snapshot(db::Transaction& tx, const std::string& id);
std::vector<GroupSnapshot> list_group_snapshots(db::Transaction& tx, const GroupFilter& filter);
/// Those of its project.
std::vector<SnapshotRecord> snapshots_of_group_snapshot(db::Transaction& tx, const std::string& id);
void delete_group_snapshot(db::Transaction& tx, const std::string& id);

inline constexpr const char* kGroupTable = "volume_groups";
inline constexpr const char* kGroupSnapshotTable = "volume_group_snapshots";

}  // namespace virga::volume::repo
