#include "image/upload/quota.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "image/repo/image_repo.hpp"
#include "image/settings.hpp"

namespace virga::image {
namespace {

constexpr std::int64_t kPiece = 16L * 1024 * 1024;

}  // namespace

void Quota::require_place(db::Transaction& tx, const std::string& owner) const {
    const auto most = config_.get(setting::quota_images);
    if (most < 0 || repo::count_images(tx, owner) < most) return;
    throw Error(ErrorCode::TooLarge, "The project has " + std::to_string(most) +
                                         " images, which is its quota. Delete some, or ask for more.");
}

void Quota::require_upload(db::Transaction& tx, const std::string& owner) const {
    const auto most = config_.get(setting::quota_uploads);
    if (most < 0 || repo::count_uploads(tx, owner) < most) return;
    throw Error(ErrorCode::TooLarge, "The project is uploading " + std::to_string(most) +
                                         " images, which is its quota. Wait until one of them is complete.");
}

void Quota::require_room(db::Transaction& tx, const Record& record, std::int64_t bytes) const {
    const auto most = room(tx, record);
    if (bytes <= most) return;
    throw Error(ErrorCode::TooLarge, "The image is larger than the " + std::to_string(most) +
                                         " bytes that are allowed (size limit or the project's quota).");
}

std::int64_t Quota::room(db::Transaction& tx, const Record& record) const {
    const auto most = config_.get(setting::max_bytes);
    const auto quota = config_.get(setting::quota_bytes);
    if (quota < 0) return most;
    return std::min(most, std::max<std::int64_t>(0, quota - repo::stored_bytes(tx, record.owner, record.id)));
}

std::int64_t Quota::charge(db::Transaction& tx, const Record& record, std::int64_t bytes) const {
    const auto current = repo::find(tx, record.id);
    if (!current || current->upload_id != record.upload_id) {
        throw Error(ErrorCode::NotFound, "Image " + record.id + " no longer waits for this upload.", {}, record.id);
    }
    require_room(tx, *current, bytes);
    const auto most = room(tx, *current);
    const auto charged = std::min(most, bytes + kPiece);
    repo::set_charge(tx, record.id, charged);
    return charged;
}

}  // namespace virga::image
