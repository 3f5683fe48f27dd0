#include "compute/model/device_kind.hpp"

#include "base/error.hpp"

namespace virga::compute {
namespace {

void fill(DeviceFields& fields, const ExistingVolume& kind) {
    fields.volume_size = kind.size.count;
}

void fill(DeviceFields& fields, const VolumeFromSnapshot& kind) {
    fields.snapshot_id = kind.snapshot.value;
    fields.volume_size = kind.size.count;
    fields.volume_type = kind.volume_type;
}

void fill(DeviceFields& fields, const VolumeFromImage& kind) {
    fields.image_id = kind.image.value;
    fields.volume_size = kind.size.count;
    fields.volume_type = kind.volume_type;
}

void fill(DeviceFields& fields, const BlankVolume& kind) {
    fields.volume_size = kind.size.count;
    fields.volume_type = kind.volume_type;
}

void fill(DeviceFields& fields, const LocalImage& kind) {
    fields.image_id = kind.image.value;
}

void fill(DeviceFields& fields, const EphemeralDisk& kind) {
    fields.guest_format = kind.guest_format;
    if (kind.size) fields.volume_size = kind.size->count;
}

void fill(DeviceFields& fields, const SwapDisk& kind) {
    fields.guest_format = "swap";
    if (kind.size) fields.volume_size = kind.size->count;
}

template <class Unit>
std::optional<Unit> size_in(const std::optional<std::int64_t>& count) {
    return count ? std::optional(Unit{*count}) : std::nullopt;
}

DeviceKind volume_kind_of(const DeviceFields& fields) {
    const Gib size{fields.volume_size.value_or(0)};
    if (fields.source_type == "volume") return ExistingVolume{size};
    if (fields.source_type == "snapshot") {
        return VolumeFromSnapshot{SnapshotId(fields.snapshot_id), size, fields.volume_type};
    }
    if (fields.source_type == "image") return VolumeFromImage{ImageId(fields.image_id), size, fields.volume_type};
    return BlankVolume{size, fields.volume_type};
}

}  // namespace

const DeviceClass& class_of(const DeviceKind& kind) {
    return std::visit([]<class Kind>(const Kind&) -> const DeviceClass& { return Kind::kClass; }, kind);
}

DeviceKind kind_of(const DeviceFields& fields) {
    if (fields.is_swap()) return SwapDisk{size_in<Mib>(fields.volume_size)};
    if (fields.is_ephemeral()) return EphemeralDisk{size_in<Gib>(fields.volume_size), fields.guest_format};
    const auto& source = fields.source_type;
    if (source == "image" && fields.destination_type == "local") return LocalImage{ImageId(fields.image_id)};
    const bool known = source == "volume" || source == "snapshot" || source == "image" || source == "blank";
    if (known && fields.is_volume()) return volume_kind_of(fields);
    throw Error(ErrorCode::Corrupt, "There is no such kind of block device.",
                "source " + source + ", destination " + fields.destination_type);
}

DeviceFields fields_of(const DeviceKind& kind) {
    const auto& device_class = class_of(kind);
    DeviceFields fields;
    fields.source_type = device_class.source_type;
    fields.destination_type = device_class.destination_type;
    std::visit([&](const auto& known) { fill(fields, known); }, kind);
    return fields;
}

}  // namespace virga::compute
