#include "image/upload/uploader.hpp"

#include <algorithm>

#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "base/scope_exit.hpp"
#include "http/microversion.hpp"
#include "image/format/inspector.hpp"
#include "image/format/tables.hpp"
#include "image/repo/image_repo.hpp"
#include "image/settings.hpp"
#include "image/stores/free_space.hpp"
#include "image/upload/background_hasher.hpp"

namespace virga::image {
namespace {

constexpr std::size_t kBufferBytes = 256 * 1024;
constexpr std::size_t kBuffers = 4;

[[noreturn]] void deleted_meanwhile(const std::string& id) {
    throw http::StatusError(410, "Image " + id + " was deleted while its data was being uploaded.");
}

[[noreturn]] void too_large(std::int64_t limit) {
    throw Error(ErrorCode::TooLarge, "The image is larger than the " + std::to_string(limit) +
                                         " bytes that are allowed (size limit or the project's quota).");
}

/// Fills the buffer unless the body ends. Fewer, larger pieces keep the hand-over between threads cheap.
void fill(http::BodyReader& body, BackgroundHasher::Buffer& buffer) {
    while (buffer.used < buffer.data.size()) {
        const auto got = body.read(buffer.data.data() + buffer.used, buffer.data.size() - buffer.used);
        if (got == 0) return;
        buffer.used += got;
    }
}

void require_formats(const Record& record) {
    if (!record.disk_format.empty() && !record.container_format.empty()) return;
    const std::string missing = record.disk_format.empty() && record.container_format.empty()
                                    ? "disk_format, container_format"
                                    : (record.disk_format.empty() ? "disk_format" : "container_format");
    throw Error(ErrorCode::InvalidInput, "Properties " + missing + " must be set prior to saving data.");
}

}  // namespace

Record Uploader::begin(const std::string& image_id, const std::string& upload_id,
                       const std::function<void(db::Transaction&)>& allowed) {
    return database_.write_with([&](db::Transaction& tx) {
        auto record = repo::find(tx, image_id);
        if (!record) throw Error(ErrorCode::NotFound, "No image found with ID " + image_id + ".", {}, image_id);
        allowed(tx);
        if (record->status == ImageStatus::Queued) {
            require_formats(*record);
            formats_.require(record->disk_format);
            quota_.require_upload(tx, record->owner);
        }
        if (!repo::start_upload(tx, image_id, {upload_id, repo::UploadBy::Request, owner_()})) {
            throw Error(ErrorCode::Conflict,
                        "Image " + image_id + " can't take data: its status is " + text_of(record->status) +
                            ", and it must be queued.",
                        {}, image_id);
        }
        record->status = ImageStatus::Saving;
        record->upload_id = upload_id;
        return *record;
    });
}

/// Throws before the bytes are written: TooLarge by the quota, NoSpace by the disk.
std::int64_t Uploader::charge(const Record& record, std::int64_t bytes) const {
    const auto charged = database_.write_with([&](db::Transaction& tx) { return quota_.charge(tx, record, bytes); },
                                              db::Durability::Grouped);
    require_space(store_.folder(), std::max<std::int64_t>(0, charged - record.charged_bytes), reserve());
    return charged;
}

std::int64_t Uploader::reserve() const {
    return config_.get(setting::reserved_space_bytes);
}

void Uploader::stream(http::Request& request, Record& record, PartFile& part, const std::atomic<bool>& stopped) const {
    BackgroundHasher sha512(kBuffers, kBufferBytes);
    Hasher md5(HashAlgorithm::Md5);
    Hasher xxh3(HashAlgorithm::Xxh3);
    Inspector inspector;
    std::int64_t size = 0;
    while (true) {
        auto* buffer = sha512.acquire();
        fill(*request.stream, *buffer);
        if (stopped) deleted_meanwhile(record.id);
        size += static_cast<std::int64_t>(buffer->used);
        if (size > record.charged_bytes) record.charged_bytes = charge(record, size);
        const bool last = buffer->used < buffer->data.size();
        md5.update(buffer->view());
        xxh3.update(buffer->view());
        inspector.update(buffer->view());
        part.write(buffer->view());
        sha512.submit(buffer);
        if (last) break;
    }
    const auto found = inspector.finish();
    record.tool_format = check_declared(record.disk_format, found);
    if (record.tool_format != "raw") check_tables(part.path(), found.format);
    record.virtual_size_bytes = found.virtual_size_bytes;
    record.size_bytes = size;
    record.checksum_md5 = md5.finish();
    record.xxh3 = xxh3.finish();
    record.sha512 = sha512.finish();
}

/// A commit that fails to be confirmed may have been made: then the image has its data.
void Uploader::finish(const Record& record) {
    bool is_ours = false;
    try {
        is_ours = database_.write_with([&](db::Transaction& tx) { return repo::finish_upload(tx, record); });
    } catch (const Error&) {
        const auto now = database_.read_with([&](db::Transaction& tx) { return repo::find(tx, record.id); });
        if (!now || !now->has_data() || now->sha512 != record.sha512) throw;
        is_ours = true;
    }
    if (!is_ours) deleted_meanwhile(record.id);
}

/// What was published is this upload's as long as the image waits for it, and goes before the image is queued: the next
/// upload may publish its own from then on. What can't be put back now is put back by recover().
void Uploader::give_up(const Record& record, PartFile* part) noexcept {
    try {
        database_.write_with([&](db::Transaction& tx) {
            if (repo::abandon_upload(tx, record.id, record.upload_id) && part != nullptr) part->withdraw();
        });
    } catch (const std::exception& failure) {
        log::error("an upload that failed could not be put back", {{"image", record.id}, {"error", failure.what()}});
    }
}

/// Bytes that the data may have. Throws when the request announces more.
std::int64_t Uploader::require_length(const http::Request& request, const Record& record) const {
    const auto limit = database_.read_with([&](db::Transaction& tx) { return quota_.room(tx, record); });
    if (request.content_length && *request.content_length > static_cast<std::uint64_t>(limit)) too_large(limit);
    return limit;
}

// The row is there before the file and after it, so that a file without a row is nobody's.
void Uploader::receive(http::Request& request, const std::string& image_id,
                       const std::function<void(db::Transaction&)>& allowed) {
    const auto upload_id = new_uuid();
    const auto stopped = uploads_.begin(upload_id);
    const ScopeExit forget([&] { uploads_.end(upload_id); });
    auto record = begin(image_id, upload_id, allowed);
    std::optional<PartFile> part;
    ScopeExit undo([&] { give_up(record, part ? &*part : nullptr); });
    part.emplace(store_, image_id, upload_id);
    failpoint("image.upload.saving");
    require_length(request, record);
    stream(request, record, *part, *stopped);
    failpoint("image.upload.received");
    part->publish();
    failpoint("image.upload.published");
    finish(record);
    undo.dismiss();
    failpoint("image.upload.committed");
    log::info("image data stored",
              {{"image", record.id}, {"bytes", *record.size_bytes}, {"format", record.tool_format}});
}

StoredImage Uploader::receive_for_flow(http::Request& request, const std::string& image_id,
                                       const std::string& upload_id) {
    const auto waiting = [&](db::Transaction& tx) {
        auto record = repo::find(tx, image_id);
        if (record && record->status == ImageStatus::Saving && record->upload_id == upload_id && record->upload_by_flow)
            return *std::move(record);
        throw Error(ErrorCode::NotFound, "Image " + image_id + " waits for no such upload.", {}, image_id);
    };
    auto record = database_.read_with(waiting);
    require_length(request, record);
    store_.remove_parts(image_id, upload_id);
    PartFile part(store_, image_id, upload_id, new_uuid());
    const std::atomic<bool> stopped{false};
    stream(request, record, part, stopped);
    failpoint("image.transfer.received");
    database_.read_with(waiting);
    part.publish();
    failpoint("image.transfer.published");
    const auto size = record.size_bytes.value_or(0);
    log::info("image data arrived from a host", {{"image", record.id}, {"bytes", size}});
    return {record.tool_format,  size,          record.virtual_size_bytes.value_or(size),
            record.checksum_md5, record.sha512, record.xxh3};
}

}  // namespace virga::image
