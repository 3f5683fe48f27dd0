#pragma once
#include <string>
#include <vector>

#include "identity/service.hpp"
#include "volume/flows/dependencies.hpp"
#include "volume/model/records.hpp"

/// Taking over what lies on a backend, and letting go of it with its data.
namespace virga::volume::flows {

/// What a backend has that is no volume or snapshot of ours.
struct ManageableItem {
    std::string name;  ///< the "source-name" of a reference
    std::int64_t size_gib = 0;
    std::string reason;  ///< why it can't be taken over, or empty
    std::string volume;  ///< of a snapshot: its volume
};
struct BackendPlace {
    std::string host;
    std::string backend;
    std::string zone;
    bool host_local = true;
};
/// "host@backend" or "host@backend#pool". Throws Error{NotFound} when no such backend is connected.
BackendPlace backend_of(Dependencies& d, const std::string& label);
/// Asks the host; no transaction may be open.
std::vector<ManageableItem> manageable(Dependencies& d, const BackendPlace& place, const std::string& request_id);

/// `volume` has names, type, zone, place and size; the rest is filled in. It is managing until the file is in place.
FlowId manage_volume(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, VolumeRecord volume,
                     const std::string& source_name, const std::string& format);
/// The volume must be available or in an error status, without snapshots, attachments or a group.
FlowId unmanage_volume(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, const VolumeRecord& volume);

/// `snapshot` has names, volume and size.
FlowId manage_snapshot(db::Transaction& tx, Dependencies& d, const identity::Auth& auth, SnapshotRecord snapshot,
                       const std::string& source_name);
FlowId unmanage_snapshot(db::Transaction& tx, Dependencies& d, const identity::Auth& auth,
                         const SnapshotRecord& snapshot);

}  // namespace virga::volume::flows
