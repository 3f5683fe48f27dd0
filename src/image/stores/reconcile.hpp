#pragma once
#include <functional>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "image/stores/file_store.hpp"
#include "image/upload/active_uploads.hpp"

namespace virga::image {

/// Whether the process of this name (Record::upload_owner) may still be receiving uploads.
using OwnerLives = std::function<bool(db::Transaction&, const std::string& owner)>;

/// Puts back what a kill left behind: images that a request was uploading to a process that is dead are queued again
/// (flows go on by themselves); part files and data that no image has are removed. At any time, in any of the processes
/// that share the store: `uploads` are this one's.
void recover_store(db::Database& database, const FileStore& store, const ActiveUploads& uploads,
                   const OwnerLives& lives);

/// Every difference between rows and files, one sentence each.
std::vector<std::string> check_store(db::Transaction& tx, const FileStore& store, const ActiveUploads& uploads);

}  // namespace virga::image
