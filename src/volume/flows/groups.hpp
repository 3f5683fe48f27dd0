#pragma once
#include <optional>
#include <string>
#include <vector>

#include "identity/service.hpp"
#include "volume/flows/dependencies.hpp"
#include "volume/model/group.hpp"

/// What the API starts on groups. As in flows.hpp: each function is whole in the caller's transaction, or throws and
/// nothing happened.
namespace virga::volume::flows {

/// `group` has names, type, volume types and zone; the rest is filled in. It is creating until a backend is found that
/// fits all its volume types. Error{QuotaExceeded}.
FlowId create_group(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, Group group);

/// A group whose volumes are copies of those of another group, or of a group snapshot (exactly one is given).
struct GroupSource {
    std::string source_group_id;
    std::string group_snapshot_id;
};
FlowId create_group_from(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, Group group,
                         const GroupSource& source);

struct GroupUpdate {
    std::optional<std::string> name;
    std::optional<std::string> description;
    std::vector<VolumeRecord> add;
    std::vector<std::string> remove;  ///< volume ids
};
/// Whole or not at all: nothing but rows change. Error{InvalidInput} for a volume that can't be in the group.
void update_group(db::Transaction& tx, const Group& group, const GroupUpdate& change);

/// With `delete_volumes` its volumes go, too; otherwise it must be empty: Error{InvalidInput}. It must have no group
/// snapshots.
FlowId delete_group(db::Transaction& tx, Dependencies& d, const Group& group, bool delete_volumes,
                    const std::string& request_id);

/// A snapshot of every volume at one moment. All volumes must be available. `snapshot` has names and group_id.
FlowId create_group_snapshot(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, GroupSnapshot snapshot);
FlowId delete_group_snapshot(db::Transaction& tx, Dependencies& d, const GroupSnapshot& snapshot,
                             const std::string& request_id);

}  // namespace virga::volume::flows
