#pragma once
#include <vector>

#include "base/json.hpp"
#include "volume/model/records.hpp"

namespace virga::volume::api {

/// For whom and in which form a volume is written.
struct ViewOptions {
    int minor = 0;       ///< microversion 3.<minor>
    bool admin = false;  ///< hosts and migration state
    json::array links;
};

/// Without the names that are the service's own: users neither set nor drop these.
json::object users_metadata(json::object metadata);
json::object volume_summary(const VolumeRecord& volume, const ViewOptions& options);
/// Cinder's volume detail for a microversion.
json::object volume_detail(const VolumeRecord& volume, const std::vector<AttachmentRecord>& attachments,
                           ViewOptions options);

}  // namespace virga::volume::api
