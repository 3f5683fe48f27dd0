#include "volume/model/new_volume.hpp"

#include <gtest/gtest.h>

#include "volume/model/placement.hpp"
#include "volume/model/quota.hpp"

namespace virga::volume {
namespace {

constexpr std::int64_t kGib = 1LL << 30;

template <class F>
ErrorCode code_of(F&& function) {
    try {
        function();
    } catch (const Error& error) {
        return error.code();
    }
    ADD_FAILURE() << "nothing was thrown";
    return ErrorCode::Internal;
}

image::Image active_image() {
    image::Image image;
    image.id = ImageId("11111111-1111-4111-8111-111111111111");
    image.name = "debian";
    image.status = image::ImageStatus::Active;
    image.disk_format = "qcow2";
    image.container_format = "bare";
    image.size_bytes = 100;
    image.virtual_size_bytes = 2 * kGib;
    image.min_ram_mib = 128;
    image.checksum_md5 = "abc";
    image.properties = {{"hw_disk_bus", "virtio"}};
    return image;
}

TEST(NewVolume, AtMostOneSource) {
    NewVolume request;
    EXPECT_EQ(source_type(request), SourceType::Raw);
    request.image_id = "i";
    EXPECT_EQ(source_type(request), SourceType::Image);
    request.snapshot_id = "s";
    EXPECT_EQ(code_of([&] { source_type(request); }), ErrorCode::InvalidInput);
}

TEST(NewVolume, SizeComesFromTheSourceAndIsNeverBelowIt) {
    NewVolume request;
    EXPECT_EQ(code_of([&] { checked_size(request, std::nullopt); }), ErrorCode::InvalidInput);
    EXPECT_EQ(checked_size(request, 7), 7);
    request.size_gib = 8;
    EXPECT_EQ(checked_size(request, 7), 8);
    request.size_gib = 6;
    EXPECT_EQ(code_of([&] { checked_size(request, 7); }), ErrorCode::InvalidInput);
}

TEST(NewVolume, ImageMustBeActiveAndFit) {
    auto image = active_image();
    check_image(image, 2);
    EXPECT_EQ(code_of([&] { check_image(image, 1); }), ErrorCode::InvalidInput);  // virtual size 2 GiB
    image.virtual_size_bytes = 2 * kGib + 1;
    EXPECT_EQ(code_of([&] { check_image(image, 2); }), ErrorCode::InvalidInput);  // rounds up to 3
    image.virtual_size_bytes.reset();
    image.min_disk_gib = 5;
    EXPECT_EQ(code_of([&] { check_image(image, 4); }), ErrorCode::InvalidInput);
    image = active_image();
    image.status = image::ImageStatus::Queued;
    EXPECT_EQ(code_of([&] { check_image(image, 10); }), ErrorCode::InvalidInput);
}

TEST(NewVolume, SourceStates) {
    SnapshotRecord snapshot;
    snapshot.status = SnapshotStatus::Available;
    check_source(snapshot);
    snapshot.status = SnapshotStatus::Creating;
    EXPECT_EQ(code_of([&] { check_source(snapshot); }), ErrorCode::InvalidInput);
    VolumeRecord volume;
    for (const auto status : {VolumeStatus::Available, VolumeStatus::InUse}) {
        volume.status = status;
        check_source(volume);
    }
    volume.status = VolumeStatus::Error;
    EXPECT_EQ(code_of([&] { check_source(volume); }), ErrorCode::InvalidInput);
}

TEST(NewVolume, ImageMetadataIsAllStrings) {
    const auto metadata = metadata_of_image(active_image());
    for (const auto& item : metadata) EXPECT_TRUE(item.value().is_string()) << item.key();
    EXPECT_EQ(metadata.at("min_ram").as_string(), "128");
    EXPECT_EQ(metadata.at("hw_disk_bus").as_string(), "virtio");
    EXPECT_EQ(metadata.at("image_name").as_string(), "debian");
}

TEST(Quota, CountsAndGigabytes) {
    const QuotaLimits limits{{"volumes", 2}, {"gigabytes", 10}, {"snapshots", 1}, {"per_volume_gigabytes", 8}};
    check_new_volume(limits, {1, 0, 2}, 8);
    EXPECT_EQ(code_of([&] { check_new_volume(limits, {2, 0, 2}, 1); }), ErrorCode::QuotaExceeded);
    EXPECT_EQ(code_of([&] { check_new_volume(limits, {1, 0, 3}, 8); }), ErrorCode::QuotaExceeded);
    EXPECT_EQ(code_of([&] { check_new_volume(limits, {0, 0, 0}, 9); }), ErrorCode::QuotaExceeded);
    EXPECT_EQ(code_of([&] { check_new_snapshot(limits, {1, 1, 2}, 1); }), ErrorCode::QuotaExceeded);
    check_extend(limits, {1, 0, 4}, 4, 8);
    EXPECT_EQ(code_of([&] { check_extend(limits, {2, 0, 8}, 4, 7); }), ErrorCode::QuotaExceeded);
    check_new_volume({{"volumes", -1}, {"gigabytes", -1}}, {1000, 0, 100000}, 5000);
}

TEST(Quota, OfAVolumeType) {
    const QuotaLimits limits{{"volumes_fast", 1}, {"gigabytes_fast", 4}, {"snapshots_fast", 1}, {"volumes", -1}};
    QuotaUsage usage;
    check_new_volume(limits, usage, 4, "fast");
    EXPECT_EQ(code_of([&] { check_new_volume(limits, usage, 5, "fast"); }), ErrorCode::QuotaExceeded);
    usage.types["fast"] = {1, 0, 3};
    check_new_volume(limits, usage, 9, "slow");
    EXPECT_EQ(code_of([&] { check_new_volume(limits, usage, 1, "fast"); }), ErrorCode::QuotaExceeded);
    EXPECT_EQ(code_of([&] { check_retype(limits, usage, 1, "fast"); }), ErrorCode::QuotaExceeded);
    check_new_snapshot(limits, usage, 1, "fast");
    EXPECT_EQ(code_of([&] { check_new_snapshot(limits, usage, 2, "fast"); }), ErrorCode::QuotaExceeded);
    check_extend(limits, usage, 3, 4, "fast");
    EXPECT_EQ(code_of([&] { check_extend(limits, usage, 3, 5, "fast"); }), ErrorCode::QuotaExceeded);
    EXPECT_EQ(used(usage, "gigabytes_fast"), 3);
    EXPECT_EQ(used(usage, "volumes_slow"), 0);
}

Backend backend(const std::string& host, std::int64_t free_gib) {
    return {host, "b", "fake", "nova", 100, free_gib, true};
}

TEST(Placement, MostFreeSpaceThenLeastProvisioned) {
    EXPECT_EQ(choose_backend({backend("h1", 10), backend("h2", 20)}, {1, "nova"}, {}).backend.host, "h2");
    EXPECT_EQ(choose_backend({backend("h1", 10), backend("h2", 10)}, {1, "nova"}, {{"h1@b", 50}}).backend.host, "h2");
    EXPECT_EQ(choose_backend({backend("h1", 10), backend("h2", 20)}, {1, "nova", "h1"}, {}).backend.host, "h1");
}

TEST(Placement, DisabledBackendsTakeNothing) {
    auto closed = backend("h1", 20);
    closed.enabled = false;
    EXPECT_EQ(choose_backend({closed, backend("h2", 10)}, {1, "nova"}, {}).backend.host, "h2");
    EXPECT_EQ(code_of([&] { choose_backend({closed}, {1, "nova"}, {}); }), ErrorCode::Conflict);
}

TEST(Placement, ReservedPartAndOverSubscriptionCount) {
    auto small = backend("h1", 40);
    small.max_over_subscription_ratio = 1.0;
    EXPECT_EQ(room_gib(small, 0), 40);
    EXPECT_EQ(room_gib(small, 90), 10);
    small.reserved_percentage = 30;
    EXPECT_EQ(room_gib(small, 0), 10);
    small.max_over_subscription_ratio = 1.5;
    EXPECT_EQ(room_gib(small, 0), 15);
    EXPECT_EQ(room_gib(small, 140), 10);
    EXPECT_EQ(code_of([&] { choose_backend({small}, {11, "nova"}, {{"h1@b", 140}}); }), ErrorCode::NoSpace);
    EXPECT_EQ(choose_backend({small}, {10, "nova"}, {{"h1@b", 140}}).backend.host, "h1");
    EXPECT_EQ(choose_backend({small, backend("h2", 20)}, {1, "nova"}, {}).backend.host, "h2");
}

TEST(Placement, ByBackendNameAmongThoseThatAreUp) {
    auto named = backend("h1", 10);
    named.backend_name = "ssd";
    EXPECT_EQ(named.label(), "h1@b#b");
    EXPECT_EQ(choose_backend({named, backend("h2", 20)}, {1, "", "", "", "ssd"}, {}).backend.host, "h1");
    EXPECT_EQ(choose_backend({named, backend("h2", 20)}, {1, "", "", "", "b"}, {}).backend.host, "h2");
    named.up = false;
    EXPECT_EQ(code_of([&] { choose_backend({named}, {1, "", "", "", "ssd"}, {}); }), ErrorCode::Unavailable);
}

TEST(Placement, FailuresTellWhetherToTryAgain) {
    EXPECT_EQ(code_of([] { choose_backend({}, {1, "nova"}, {}); }), ErrorCode::Unavailable);
    EXPECT_EQ(code_of([] { choose_backend({backend("h1", 10)}, {1, "elsewhere"}, {}); }), ErrorCode::Unavailable);
    EXPECT_EQ(code_of([] { choose_backend({backend("h1", 0)}, {1, "nova"}, {}); }), ErrorCode::NoSpace);
    EXPECT_EQ(code_of([] { choose_backend({backend("h1", 10)}, {1, "nova"}, {{"h1@b", 2000}}); }), ErrorCode::NoSpace);
}

TEST(Placement, HasWhatTheTypeAsksFor) {
    const auto placed = [](const json::object& specs) {
        return choose_backend({backend("h1", 10)}, {1, "nova", "", "", "", specs}, {}).backend.host;
    };
    EXPECT_EQ(placed({{"storage_protocol", "fake"}, {"capabilities:vendor_name", "Virga"}, {"k", "v"}}), "h1");
    for (const auto* name :
         {"storage_protocol", "vendor_name", "capabilities:vendor_name", "capabilities:volume_backend_name"}) {
        EXPECT_EQ(code_of([&] { placed({{name, "other"}}); }), ErrorCode::NotSupported) << name;
    }
}

}  // namespace
}  // namespace virga::volume
