#pragma once
#include <cstdint>
#include <string>

#include "config/config.hpp"
#include "db/database.hpp"
#include "image/model/record.hpp"

namespace virga::image {

/// What one project may have: images, their bytes, and uploads at once. What an upload brings is charged piece by piece
/// before it is written, in the row of its image, so that a sum over the rows is always the truth: nothing is counted
/// twice, and an upload that is lost gives its bytes back with its row.
class Quota {
public:
    explicit Quota(const config::Config& config) : config_(config) {}

    /// Throws Error{TooLarge} when the project has as many images as it may.
    void require_place(db::Transaction& tx, const std::string& owner) const;
    /// Throws Error{TooLarge} when as many uploads of the project run as may. Call it before the upload is begun.
    void require_upload(db::Transaction& tx, const std::string& owner) const;
    /// Throws Error{TooLarge} when the image's data may not have so many bytes.
    void require_room(db::Transaction& tx, const Record& record, std::int64_t bytes) const;
    /// Bytes that the image's data may have in all: the size limit, and what the project's quota leaves.
    std::int64_t room(db::Transaction& tx, const Record& record) const;
    /// Charges the image for `bytes` at least, and a piece more where there is room, so that not every buffer is a
    /// transaction. Returns what is charged now. Throws Error{TooLarge}; Error{NotFound} when the image no longer waits
    /// for this upload.
    std::int64_t charge(db::Transaction& tx, const Record& record, std::int64_t bytes) const;

private:
    const config::Config& config_;
};

}  // namespace virga::image
