#pragma once
#include "http/schema.hpp"
#include "volume/api/api.hpp"

/// Actions of a volume that may move it to another backend.
namespace virga::volume::api {

http::Response retype(const Call& call, db::Transaction& tx, const VolumeRecord& volume, http::Fields fields);
http::Response migrate(const Call& call, db::Transaction& tx, const VolumeRecord& volume, http::Fields fields);
/// Cinder's way back from Nova. Virga moves a volume under its own id and completes by itself: nobody has to call it.
http::Response migrate_completion(const VolumeRecord& volume, http::Fields fields);

}  // namespace virga::volume::api
