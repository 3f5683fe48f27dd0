#pragma once
#include <optional>
#include <string>
#include <vector>

#include "volume/flows/dependencies.hpp"
#include "volume/model/placement.hpp"
#include "volume/repo/service_repo.hpp"

/// The services of block storage as operators see them.
namespace virga::volume::flows {

inline constexpr const char* kSchedulerBinary = "cinder-scheduler";
inline constexpr const char* kVolumeBinary = "cinder-volume";
inline constexpr const char* kBackupBinary = "cinder-backup";  ///< a storage host backs its own volumes up
inline constexpr const char* kControlHost = "virga";  ///< host of the scheduler, which is part of the control process

struct ServiceState : repo::ServiceRecord {
    std::string zone;
    bool up = false;
};

/// The scheduler, each backend of the connected hosts, their backup services, and the backends of others that have
/// volumes or a record (down).
std::vector<ServiceState> services_of(db::Transaction& tx, Dependencies& d);

/// Backends of the connected hosts; those that take no new volumes are marked.
std::vector<Backend> backends(db::Transaction& tx, Dependencies& d);

}  // namespace virga::volume::flows
