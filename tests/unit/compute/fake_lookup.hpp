#pragma once
#include <map>

#include "compute/model/boot_lookup.hpp"

namespace virga::compute {

inline const std::string kImage = "11111111-1111-4111-8111-111111111111";
inline const std::string kOtherImage = "11111111-1111-4111-8111-222222222222";
inline const std::string kQueuedImage = "11111111-1111-4111-8111-333333333333";
inline const std::string kVolume = "22222222-2222-4222-8222-111111111111";
inline const std::string kPlainVolume = "22222222-2222-4222-8222-222222222222";
inline const std::string kUsedVolume = "22222222-2222-4222-8222-333333333333";
inline const std::string kMultiVolume = "22222222-2222-4222-8222-444444444444";
inline const std::string kSnapshot = "33333333-3333-4333-8333-111111111111";
inline const std::string kPlainSnapshot = "33333333-3333-4333-8333-222222222222";
inline const std::string kUnknown = "99999999-9999-4999-8999-999999999999";

/// Images, volumes and snapshots that the rules can find.
class FakeLookup : public BootLookup {
public:
    FakeLookup() {
        for (const auto& id : {kImage, kOtherImage, kQueuedImage}) add_image(id);
        images[kQueuedImage].status = image::ImageStatus::Queued;
        add_volume(kVolume, 10, true);
        volumes[kVolume].image_metadata = json::object{{"min_ram", "64"}, {"min_disk", "1"}, {"hw_disk_bus", "scsi"}};
        add_volume(kPlainVolume, 2, false);
        add_volume(kUsedVolume, 2, true);
        volumes[kUsedVolume].status = volume::VolumeStatus::InUse;
        add_volume(kMultiVolume, 2, true);
        volumes[kMultiVolume].multiattach = true;
        add_snapshot(kSnapshot, kVolume, 10);
        add_snapshot(kPlainSnapshot, kPlainVolume, 2);
    }

    std::optional<image::Image> image(const std::string& id) override { return find(images, id); }
    std::optional<volume::Volume> volume(const std::string& id) override { return find(volumes, id); }
    std::optional<volume::Snapshot> snapshot(const std::string& id) override { return find(snapshots, id); }
    std::optional<std::string> volume_type(const std::string& text) override {
        if (text == "fast" || text == "44444444-4444-4444-8444-111111111111") return "fast";
        return std::nullopt;
    }

    std::map<std::string, image::Image> images;
    std::map<std::string, volume::Volume> volumes;
    std::map<std::string, volume::Snapshot> snapshots;

private:
    template <class T>
    static std::optional<T> find(const std::map<std::string, T>& all, const std::string& id) {
        const auto found = all.find(id);
        if (found == all.end()) return std::nullopt;
        return found->second;
    }
    void add_image(const std::string& id) {
        auto& image = images[id];
        image.id = ImageId(id);
        image.status = image::ImageStatus::Active;
        image.size_bytes = 1024;
    }
    void add_volume(const std::string& id, std::int64_t size, bool bootable) {
        auto& volume = volumes[id];
        volume.id = VolumeId(id);
        volume.size_gib = size;
        volume.status = volume::VolumeStatus::Available;
        volume.bootable = bootable;
    }
    void add_snapshot(const std::string& id, const std::string& volume, std::int64_t size) {
        auto& snapshot = snapshots[id];
        snapshot.id = SnapshotId(id);
        snapshot.volume = VolumeId(volume);
        snapshot.status = volume::SnapshotStatus::Available;
        snapshot.size_gib = size;
    }
};

}  // namespace virga::compute
