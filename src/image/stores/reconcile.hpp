#pragma once
#include <string>
#include <vector>

#include "db/database.hpp"
#include "image/stores/file_store.hpp"
#include "image/upload/active_uploads.hpp"

namespace virga::image {

/// Puts back what a kill left behind: images that a request was uploading are queued again (flows go on by themselves);
/// part files and data without an active image are removed. Only for a time when no upload runs.
void recover_store(db::Database& database, const FileStore& store);

/// Every difference between rows and files, one sentence each.
std::vector<std::string> check_store(db::Transaction& tx, const FileStore& store, const ActiveUploads& uploads);

}  // namespace virga::image
