#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/ids.hpp"
#include "base/units.hpp"
#include "lifecycle/state.hpp"

/// The kinds of disks that a server may have: where one comes from and where it lies (block-devices.md 2).
namespace virga::compute {

/// The ways of a boot: where the root disk comes from.
enum class BootWay { Volume, ImageToVolume, SnapshotToVolume, Image, BlankToVolume };

inline constexpr std::array<std::string_view, 5> kBootWayWords{
    "boot from volume", "boot from image (creates a new volume)", "boot from volume snapshot (creates a new volume)",
    "boot from image", "boot from blank volume (creates a new volume)"};
static_assert(kBootWayWords.size() == static_cast<std::size_t>(BootWay::BlankToVolume) + 1);
constexpr std::span<const std::string_view> state_words(BootWay) {
    return kBootWayWords;
}

/// What a boot does about a disk before it makes the server's own files.
enum class Treatment {
    AttachOnly,       ///< the volume exists
    CreateAndAttach,  ///< a volume is made first
    Nothing,          ///< it is a file of the server, made by create_image
};

/// What follows of a kind, whatever the particular disk.
struct DeviceClass {
    std::string_view source_type;       ///< the API's words
    std::string_view destination_type;  ///< the API's words
    std::string_view driver;            ///< block-devices.md 8: the class that handles it, for the trace
    Treatment treatment;
    BootWay way;  ///< of a server that has it for its root
    int attach_order;
    int naming_order;  ///< behind the root, which is named first
};

struct ExistingVolume {
    static constexpr DeviceClass kClass{
        "volume", "volume", "DriverVolumeBlockDevice", Treatment::AttachOnly, BootWay::Volume, 0, 4};
    Gib size;
};

struct VolumeFromSnapshot {
    static constexpr DeviceClass kClass{
        "snapshot", "volume", "DriverVolSnapshotBlockDevice", Treatment::CreateAndAttach, BootWay::SnapshotToVolume,
        1,          4};
    SnapshotId snapshot;
    Gib size;
    std::string volume_type;
};

struct VolumeFromImage {
    static constexpr DeviceClass kClass{
        "image", "volume", "DriverVolImageBlockDevice", Treatment::CreateAndAttach, BootWay::ImageToVolume, 2, 4};
    ImageId image;
    Gib size;
    std::string volume_type;
};

struct BlankVolume {
    static constexpr DeviceClass kClass{
        "blank", "volume", "DriverVolBlankBlockDevice", Treatment::CreateAndAttach, BootWay::BlankToVolume, 3, 4};
    Gib size;
    std::string volume_type;
};

/// The root disk on the host's own disk, as large as the flavor says.
struct LocalImage {
    static constexpr DeviceClass kClass{"image", "local", "DriverImageBlockDevice", Treatment::Nothing, BootWay::Image,
                                        0,       3};
    ImageId image;
};

struct EphemeralDisk {
    static constexpr DeviceClass kClass{
        "blank", "local", "DriverEphemeralBlockDevice", Treatment::Nothing, BootWay::Image, 0, 1};
    std::optional<Gib> size;   ///< none: the flavor's
    std::string guest_format;  ///< of the file system; empty: the default
};

struct SwapDisk {
    static constexpr DeviceClass kClass{"blank", "local", "DriverSwapBlockDevice", Treatment::Nothing, BootWay::Image,
                                        0,       2};
    std::optional<Mib> size;  ///< none: the flavor's
};

using DeviceKind =
    std::variant<ExistingVolume, VolumeFromSnapshot, VolumeFromImage, BlankVolume, LocalImage, EphemeralDisk, SwapDisk>;

/// The one place that looks which kind it is, for all that is the same of every disk of a kind.
const DeviceClass& class_of(const DeviceKind& kind);

/// A kind as requests, images and rows spell it.
struct DeviceFields {
    std::string source_type;                  ///< volume, image, snapshot, blank
    std::string destination_type;             ///< local, volume
    std::string guest_format;                 ///< swap, or a file system
    std::string image_id;                     ///< of source image
    std::string snapshot_id;                  ///< of source snapshot
    std::optional<std::int64_t> volume_size;  ///< GiB; for swap MiB
    std::string volume_type;                  ///< of a volume to be created

    bool is_volume() const { return destination_type == "volume"; }
    bool is_swap() const { return source_type == "blank" && destination_type == "local" && guest_format == "swap"; }
    bool is_ephemeral() const {
        return source_type == "blank" && destination_type == "local" && guest_format != "swap";
    }
};

/// Throws Error{Corrupt} for a source and a destination that don't go together: requests are checked before.
DeviceKind kind_of(const DeviceFields& fields);
DeviceFields fields_of(const DeviceKind& kind);

}  // namespace virga::compute
