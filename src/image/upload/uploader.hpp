#pragma once
#include <functional>
#include <string>

#include "config/config.hpp"
#include "db/database.hpp"
#include "http/http.hpp"
#include "image/image_target.hpp"
#include "image/model/formats.hpp"
#include "image/model/record.hpp"
#include "image/stores/file_store.hpp"
#include "image/upload/active_uploads.hpp"
#include "image/upload/quota.hpp"

namespace virga::image {

/// Receives image data in constant memory: hashes and inspects it as it streams by.
///
/// The order of steps makes a kill at any instant harmless: the part file exists before the image is saving, the
/// complete file has its final name before the image is active. recover() puts what lies between back to queued.
class Uploader {
public:
    Uploader(db::Database& database, const config::Config& config, const FileStore& store, ActiveUploads& uploads,
             const Formats& formats)
        : database_(database), config_(config), quota_(config), store_(store), uploads_(uploads), formats_(formats) {}

    /// Stores the request's body as the data of a queued image. On any failure the image is queued again and no file
    /// stays. Errors: Conflict (not queued), InvalidInput (formats missing, or the content is not what was declared,
    /// or unsafe), TooLarge (size or quota), NoSpace, Cancelled (the client went away), http::StatusError{410} (the
    /// image was deleted meanwhile), and what `allowed` throws, which is asked in the transaction that begins it: what
    /// held when the image was looked up may hold no more.
    void receive(http::Request& request, const std::string& image_id,
                 const std::function<void(db::Transaction&)>& allowed);
    const Quota& quota() const { return quota_; }
    /// The request's body becomes the data of an image that the flow `upload_id` makes, which stays saving: what the
    /// body was found to be is for the flow, which ends the upload. An older attempt of the same upload can't end any
    /// more. Errors: NotFound (the image waits for no such upload), TooLarge, and as receive().
    StoredImage receive_for_flow(http::Request& request, const std::string& image_id, const std::string& upload_id);
    /// Whose the uploads are that are received from now on: see Record::upload_owner.
    void own_as(std::function<std::string()> owner) { owner_ = std::move(owner); }
    std::string owner() const { return owner_(); }
    /// Bytes of the store's disk that stay free.
    std::int64_t reserve() const;

private:
    Record begin(const std::string& image_id, const std::string& upload_id,
                 const std::function<void(db::Transaction&)>& allowed);
    void stream(http::Request& request, Record& record, PartFile& part, const std::atomic<bool>& stopped) const;
    std::int64_t charge(const Record& record, std::int64_t bytes) const;
    void finish(const Record& record);
    void give_up(const Record& record, PartFile* part) noexcept;
    std::int64_t require_length(const http::Request& request, const Record& record) const;

    db::Database& database_;
    const config::Config& config_;
    Quota quota_;
    const FileStore& store_;
    ActiveUploads& uploads_;
    const Formats& formats_;
    std::function<std::string()> owner_ = [] { return std::string(); };
};

}  // namespace virga::image
