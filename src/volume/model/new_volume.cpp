#include "volume/model/new_volume.hpp"

namespace virga::volume {
namespace {

constexpr std::int64_t kGib = 1024LL * 1024 * 1024;

[[noreturn]] void invalid(const std::string& message) {
    throw Error(ErrorCode::InvalidInput, "Invalid input received: " + message);
}

void check_fits(const std::string& what, std::int64_t needed_gib, std::int64_t size_gib) {
    if (needed_gib <= size_gib) return;
    invalid(what + " needs " + std::to_string(needed_gib) + " GiB: volume size " + std::to_string(size_gib) +
            " GiB is too small.");
}

}  // namespace

std::string_view to_string(SourceType type) {
    switch (type) {
        case SourceType::Raw:
            return "raw";
        case SourceType::Snapshot:
            return "snapshot";
        case SourceType::Volume:
            return "volume";
        case SourceType::Image:
            return "image";
        case SourceType::Backup:
            return "backup";
    }
    return "raw";
}

SourceType source_type_from(std::string_view name) {
    for (const auto type : {SourceType::Snapshot, SourceType::Volume, SourceType::Image, SourceType::Backup}) {
        if (to_string(type) == name) return type;
    }
    return SourceType::Raw;
}

SourceType source_type(const NewVolume& request) {
    const int sources = (request.snapshot_id.empty() ? 0 : 1) + (request.source_volid.empty() ? 0 : 1) +
                        (request.image_id.empty() ? 0 : 1) + (request.backup_id.empty() ? 0 : 1);
    if (sources > 1) invalid("name at most one of snapshot_id, source_volid, imageRef and backup_id.");
    if (!request.snapshot_id.empty()) return SourceType::Snapshot;
    if (!request.source_volid.empty()) return SourceType::Volume;
    if (!request.backup_id.empty()) return SourceType::Backup;
    return request.image_id.empty() ? SourceType::Raw : SourceType::Image;
}

std::int64_t checked_size(const NewVolume& request, const std::optional<std::int64_t>& source_gib) {
    const auto size = request.size_gib == 0 && source_gib ? *source_gib : request.size_gib;
    if (size <= 0) invalid("volume.size: must be an integer above 0 (GiB).");
    if (source_gib && size < *source_gib) {
        invalid("volume.size: " + std::to_string(size) + " GiB is smaller than the source, which has " +
                std::to_string(*source_gib) + " GiB.");
    }
    return size;
}

void check_image(const image::Image& image, std::int64_t size_gib) {
    if (image.status != image::ImageStatus::Active)
        invalid("image " + image.id.value + " is not active but " + text_of(image.status) + ".");
    if (!image.unusable.empty()) invalid("imageRef: " + image.unusable + ".");
    if (image.size_bytes) check_fits("the data of image " + image.id.value, gib_of(*image.size_bytes), size_gib);
    if (image.virtual_size_bytes) {
        check_fits("the virtual disk of image " + image.id.value, gib_of(*image.virtual_size_bytes), size_gib);
    }
    check_fits("min_disk of image " + image.id.value, image.min_disk_gib, size_gib);
}

void check_source(const SnapshotRecord& snapshot) {
    if (snapshot.status == SnapshotStatus::Available) return;
    throw Error(ErrorCode::InvalidInput, "Invalid snapshot: the status of snapshot " + snapshot.id.value +
                                             " must be available to make a volume from it, but it is " +
                                             text_of(snapshot.status) + ".");
}

void check_source(const VolumeRecord& volume) {
    if (volume.is_moving()) {
        throw Error(ErrorCode::InvalidInput, "Invalid volume: source volume " + volume.id.value +
                                                 " is being moved to another backend. Wait until that has ended.");
    }
    if (volume.status == VolumeStatus::Available || volume.status == VolumeStatus::InUse) return;
    throw Error(ErrorCode::InvalidInput, "Invalid volume: the status of source volume " + volume.id.value +
                                             " must be available or in-use, but it is " + text_of(volume.status) + ".");
}

void check_source(const BackupRecord& backup) {
    if (backup.status == BackupStatus::Available) return;
    throw Error(ErrorCode::InvalidInput, "Invalid backup: the status of backup " + backup.id.value +
                                             " must be available to restore it, but it is " + text_of(backup.status) +
                                             ".");
}

json::object metadata_of_image(const image::Image& image) {
    json::object out;
    for (const auto& item : image.properties) {
        if (item.value().is_string()) out[item.key()] = item.value();
    }
    out["image_id"] = image.id.value;
    out["image_name"] = image.name;
    out["checksum"] = image.checksum_md5;
    out["container_format"] = image.container_format;
    out["disk_format"] = image.disk_format;
    out["min_disk"] = std::to_string(image.min_disk_gib);
    out["min_ram"] = std::to_string(image.min_ram_mib);
    out["size"] = std::to_string(image.size_bytes.value_or(0));
    return out;
}

std::int64_t gib_of(std::int64_t bytes) {
    return (bytes + kGib - 1) / kGib;
}

}  // namespace virga::volume
