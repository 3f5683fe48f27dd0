#include "volume/api/volume_view.hpp"

#include <gtest/gtest.h>

namespace virga::volume::api {
namespace {

VolumeRecord volume() {
    VolumeRecord v;
    v.id = VolumeId("11111111-1111-4111-8111-111111111111");
    v.project = ProjectId("p");
    v.size_gib = 3;
    v.status = VolumeStatus::Available;
    v.attach_status = AttachStatus::Detached;
    v.bootable = true;
    v.volume_type = "__DEFAULT__";
    v.type_id = "t";
    v.host = "h";
    v.backend = "b";
    v.created_us = 1'700'000'000'000'000;
    return v;
}

TEST(VolumeView, TheFirstMicroversion) {
    const auto view = volume_detail(volume(), {}, {0, false, {}});
    EXPECT_EQ(view.at("bootable").as_string(), "true");
    EXPECT_TRUE(view.at("updated_at").is_null());
    EXPECT_EQ(view.at("created_at").as_string(), "2023-11-14T22:13:20.000000");
    for (const char* later : {"group_id", "provider_id", "service_uuid", "shared_targets", "cluster_name",
                              "volume_type_id", "consumes_quota", "os-vol-host-attr:host", "volume_image_metadata"}) {
        EXPECT_FALSE(view.contains(later)) << later;
    }
}

TEST(VolumeView, FieldsComeWithTheirMicroversion) {
    const std::vector<std::pair<const char*, int>> fields{
        {"group_id", 13},     {"provider_id", 21},    {"service_uuid", 48},  {"shared_targets", 48},
        {"cluster_name", 61}, {"volume_type_id", 63}, {"consumes_quota", 65}};
    for (const auto& [field, minor] : fields) {
        EXPECT_FALSE(volume_detail(volume(), {}, {minor - 1, true, {}}).contains(field)) << field;
        EXPECT_TRUE(volume_detail(volume(), {}, {minor, true, {}}).contains(field)) << field;
    }
}

TEST(VolumeView, AdministratorsSeeTheHost) {
    const auto view = volume_detail(volume(), {}, {0, true, {}});
    EXPECT_EQ(view.at("os-vol-host-attr:host").as_string(), "h@b#b");
}

TEST(VolumeView, OnlyAttachedServersAreListed) {
    AttachmentRecord reserved;
    reserved.attach_status = AttachStatus::Reserved;
    AttachmentRecord attached;
    attached.attach_status = AttachStatus::Attached;
    attached.id = AttachmentId("a");
    attached.volume = volume().id;
    attached.server = ServerId("s");
    attached.device = "/dev/vdb";
    attached.host = "h";
    const auto list = volume_detail(volume(), {reserved, attached}, {0, false, {}}).at("attachments").as_array();
    ASSERT_EQ(list.size(), 1U);
    const auto& item = list[0].as_object();
    EXPECT_EQ(item.at("server_id").as_string(), "s");
    EXPECT_EQ(item.at("attachment_id").as_string(), "a");
    EXPECT_EQ(item.at("id").as_string(), volume().id.value);
    EXPECT_TRUE(item.at("host_name").is_null());
}

TEST(VolumeView, ImageMetadataOnlyWhenPresent) {
    auto v = volume();
    v.image_metadata = {{"image_id", "i"}};
    EXPECT_EQ(volume_detail(v, {}, {0, false, {}}).at("volume_image_metadata").as_object().size(), 1U);
}

}  // namespace
}  // namespace virga::volume::api
