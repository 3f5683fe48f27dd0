#pragma once
#include <optional>
#include <string>

#include "image/image.hpp"
#include "volume/model/backup.hpp"
#include "volume/model/records.hpp"

/// Rules of POST /volumes that need no I/O (boot-time and user requests alike).
namespace virga::volume {

enum class SourceType { Raw, Snapshot, Volume, Image, Backup };
std::string_view to_string(SourceType type);
/// Raw for an unknown name.
SourceType source_type_from(std::string_view name);

/// Throws Error{InvalidInput} when more than one source is named.
SourceType source_type(const NewVolume& request);

/// The size that the volume gets: the one asked for or the source's. Throws Error{InvalidInput}: not above 0, or
/// smaller than the source.
std::int64_t checked_size(const NewVolume& request, const std::optional<std::int64_t>& source_gib);
/// Throws Error{InvalidInput} when the image isn't active, or its size, virtual size or min_disk is over `size_gib`.
void check_image(const image::Image& image, std::int64_t size_gib);
/// Source states: a snapshot or a backup must be available, a volume available or in-use. Error{InvalidInput}
/// otherwise.
void check_source(const SnapshotRecord& snapshot);
void check_source(const VolumeRecord& volume);
void check_source(const BackupRecord& backup);

/// volume_image_metadata of a volume that is made from an image. All values are strings, as in Cinder.
json::object metadata_of_image(const image::Image& image);

std::int64_t gib_of(std::int64_t bytes);  ///< rounded up

}  // namespace virga::volume
