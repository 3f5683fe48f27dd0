#pragma once
#include <optional>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "identity/service.hpp"
#include "image/model/list_query.hpp"
#include "image/model/record.hpp"

namespace virga::image::repo {

/// Images that were deleted are kept as tombstones, so that an id never comes back with other data: hosts cache by id.
std::optional<Record> find(db::Transaction& tx, const std::string& id);
/// Throws Error{Conflict} when the id was ever used.
void insert(db::Transaction& tx, const Record& record);
/// Writes what users may change (not status and data) and the time of change.
void update_attributes(db::Transaction& tx, const Record& record);

/// One page in the order of the query, with one image more when there is a next page.
std::vector<Record> list(db::Transaction& tx, const identity::Auth& auth, const ListQuery& query);
/// Images whose status says that there is, or will soon be, a file.
std::vector<Record> list_with_file(db::Transaction& tx);
/// Bytes that the project's images have and that uploads were charged for, without the image `but`.
std::int64_t stored_bytes(db::Transaction& tx, const std::string& owner, const std::string& but);
std::int64_t count_images(db::Transaction& tx, const std::string& owner);
/// Images whose data is on its way.
std::int64_t count_uploads(db::Transaction& tx, const std::string& owner);
/// Nothing happens when no upload runs.
void set_charge(db::Transaction& tx, const std::string& id, std::int64_t bytes);

/// Who brings the data.
enum class UploadBy { Request, Flow };
struct Upload {
    std::string id;
    UploadBy by = UploadBy::Request;
    std::string owner = {};  ///< of a request's: see Record::upload_owner
};
/// queued -> saving. False when the image isn't queued.
bool start_upload(db::Transaction& tx, const std::string& id, const Upload& upload);
/// saving -> active with what the upload found. False when the image no longer waits for this upload.
bool finish_upload(db::Transaction& tx, const Record& record);
/// saving -> queued. False as above.
bool abandon_upload(db::Transaction& tx, const std::string& id, const std::string& upload_id);
/// Any status -> deleted. False when it was deleted already.
bool mark_deleted(db::Transaction& tx, const std::string& id);
/// See Service::hold.
void hold(db::Transaction& tx, const std::string& id, const std::string& holder);
void release_holds(db::Transaction& tx, const std::string& holder);
bool is_held(db::Transaction& tx, const std::string& id);

}  // namespace virga::image::repo
