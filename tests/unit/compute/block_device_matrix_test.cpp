#include <gtest/gtest.h>

#include "base/error.hpp"
#include "compute/model/block_device_plan.hpp"
#include "unit/compute/fake_lookup.hpp"

namespace virga::compute {
namespace {

constexpr const char* kOk = "";

/// One request and what becomes of it.
struct Case {
    std::string name;
    std::string v2;      ///< entries of block_device_mapping_v2 without the brackets; "-": the key is absent
    std::string image;   ///< imageRef
    std::string field;   ///< part of the message of the 400, which names entry and field; kOk: accepted
    std::string result;  ///< "source>destination:size@boot_index" of each entry when accepted
    int minor = 93;
};

std::string q(const std::string& text) {
    return "\"" + text + "\"";
}

/// {"source_type": S, "destination_type": D, rest}
std::string entry(const std::string& source, const std::string& destination, const std::string& rest) {
    std::string text = "{\"source_type\": " + q(source) + ", \"destination_type\": " + q(destination);
    if (!rest.empty()) text += ", " + rest;
    return text + "}";
}

std::string uuid(const std::string& id, const std::string& rest = "") {
    return "\"uuid\": " + q(id) + (rest.empty() ? "" : ", " + rest);
}

Flavor flavor() {
    Flavor out;
    out.id = "1";
    out.memory_mib = 512;
    out.root_gib = 5;
    return out;
}

BlockDeviceRequest request_of(const std::string& v2, const std::string& image, int minor = 93) {
    BlockDeviceRequest request;
    request.image_ref = image;
    request.flavor = flavor();
    request.minor = minor;
    if (v2 != "-") request.v2 = json::parse("[" + v2 + "]").as_array();
    return request;
}

std::string text_of(const std::vector<BlockDevice>& devices) {
    std::string text;
    for (const auto& device : devices) {
        if (!text.empty()) text += " ";
        const auto fields = fields_of(device.kind);
        text += fields.source_type + ">" + fields.destination_type;
        if (fields.volume_size) text += ":" + std::to_string(*fields.volume_size);
        text += "@" + (device.boot_index ? std::to_string(*device.boot_index) : std::string("null"));
    }
    return text;
}

const std::string kRoot = entry("image", "local", uuid(kImage, "\"boot_index\": 0"));
const std::string kVolumeRoot = entry("volume", "volume", uuid(kVolume, "\"boot_index\": 0"));

std::vector<Case> entry_cases() {
    const auto data = [](const std::string& rest) { return kVolumeRoot + ", " + entry("blank", "volume", rest); };
    return {
        // block-devices.md 2, the matrix
        {"image_local", kRoot, kImage, kOk, "image>local@0"},
        {"image_volume", entry("image", "volume", uuid(kImage, "\"volume_size\": 3, \"boot_index\": 0")), "", kOk,
         "image>volume:3@0"},
        {"image_volume_without_size", entry("image", "volume", uuid(kImage, "\"boot_index\": 0")), "",
         "block_device_mapping_v2.0.volume_size", ""},
        {"image_volume_size_text_zero",
         entry("image", "volume", uuid(kImage, "\"boot_index\": 0, \"volume_size\": \"0\"")), "",
         "block_device_mapping_v2.0.volume_size", ""},
        {"volume_local", entry("volume", "local", uuid(kVolume, "\"boot_index\": 0")), "",
         "block_device_mapping_v2.0.destination_type", ""},
        {"volume_volume", kVolumeRoot, "", kOk, "volume>volume:10@0"},
        {"snapshot_local", entry("snapshot", "local", uuid(kSnapshot, "\"boot_index\": 0")), "",
         "block_device_mapping_v2.0.destination_type", ""},
        {"snapshot_volume", entry("snapshot", "volume", uuid(kSnapshot, "\"boot_index\": 0")), "", kOk,
         "snapshot>volume:10@0"},
        {"snapshot_volume_larger",
         entry("snapshot", "volume", uuid(kSnapshot, "\"boot_index\": 0, \"volume_size\": 12")), "", kOk,
         "snapshot>volume:12@0"},
        {"snapshot_volume_smaller",
         entry("snapshot", "volume", uuid(kSnapshot, "\"boot_index\": 0, \"volume_size\": 1")), "",
         "block_device_mapping_v2.0.volume_size", ""},
        {"blank_volume", data("\"volume_size\": 1"), "", kOk, "volume>volume:10@0 blank>volume:1@null"},
        {"blank_volume_without_size", data("\"boot_index\": -1"), "", "block_device_mapping_v2.1.volume_size", ""},
        {"blank_volume_root", entry("blank", "volume", "\"volume_size\": 1, \"boot_index\": 0"), "", kOk,
         "blank>volume:1@0"},
        {"no_destination", "{\"source_type\": \"volume\", " + uuid(kVolume, "\"boot_index\": 0") + "}", "",
         "block_device_mapping_v2.0.destination_type", ""},
        // rules of one entry, in their order
        {"blank_with_uuid", data(uuid(kVolume, "\"volume_size\": 1")), "", "block_device_mapping_v2.1.uuid: invalid",
         ""},
        {"volume_without_uuid", entry("volume", "volume", "\"boot_index\": 0"), "",
         "block_device_mapping_v2.0.uuid: missing", ""},
        {"only_volume_id", entry("volume", "volume", "\"boot_index\": 0, \"volume_id\": " + q(kVolume)), "",
         "block_device_mapping_v2.0.uuid: missing", ""},
        {"image_local_without_image_ref", kRoot, "", "mapping image to local is not supported", ""},
        {"image_local_boot_index_1", entry("image", "local", uuid(kImage, "\"boot_index\": 1")), kImage,
         "mapping image to local is not supported", ""},
        {"image_local_boot_index_null", entry("image", "local", uuid(kImage, "\"boot_index\": null")), kImage,
         "mapping image to local is not supported", ""},
        {"local_with_type", entry("image", "local", uuid(kImage, "\"boot_index\": 0, \"volume_type\": \"fast\"")),
         kImage, "block_device_mapping_v2.0.volume_type", ""},
        {"volume_with_type", entry("volume", "volume", uuid(kVolume, "\"boot_index\": 0, \"volume_type\": \"fast\"")),
         "", "block_device_mapping_v2.0.volume_type", ""},
        {"no_source_type", "{\"destination_type\": \"volume\", \"volume_size\": 1}", "",
         "block_device_mapping_v2.0.source_type: is required", ""},
        {"no_device_skips_rules", kRoot + ", {\"no_device\": true, \"device_name\": \"vdb\"}", kImage, kOk,
         "image>local@0"},
        // schema
        {"unknown_field", entry("volume", "volume", uuid(kVolume, "\"boot_index\": 0, \"color\": 1")), "", "color", ""},
        {"bad_source_type", entry("tape", "volume", uuid(kVolume)), "", "block_device_mapping_v2.0.source_type", ""},
        {"bad_destination", entry("volume", "moon", uuid(kVolume)), "", "block_device_mapping_v2.0.destination_type",
         ""},
        {"bad_uuid", entry("volume", "volume", "\"uuid\": \"a b\""), "", "block_device_mapping_v2.0.uuid", ""},
        {"size_zero_number", data("\"volume_size\": 0"), "", "block_device_mapping_v2.1.volume_size", ""},
        {"size_too_large", data("\"volume_size\": 2147483648"), "", "block_device_mapping_v2.1.volume_size", ""},
        {"size_null", data("\"volume_size\": null"), "", "block_device_mapping_v2.1.volume_size", ""},
        {"size_text", data("\"volume_size\": \"7\""), "", kOk, "volume>volume:10@0 blank>volume:7@null"},
        {"size_float", data("\"volume_size\": 1.5"), "", "block_device_mapping_v2.1.volume_size", ""},
        {"boot_index_text", entry("volume", "volume", uuid(kVolume, "\"boot_index\": \"0\"")), "", kOk,
         "volume>volume:10@0"},
        {"boot_index_word", entry("volume", "volume", uuid(kVolume, "\"boot_index\": \"first\"")), "",
         "block_device_mapping_v2.0.boot_index", ""},
        {"device_name_space", data("\"volume_size\": 1, \"device_name\": \"vd b\""), "",
         "block_device_mapping_v2.1.device_name", ""},
        {"device_name_empty", data("\"volume_size\": 1, \"device_name\": \"\""), "",
         "block_device_mapping_v2.1.device_name", ""},
        {"delete_word", data("\"volume_size\": 1, \"delete_on_termination\": \"yes\""), "", kOk,
         "volume>volume:10@0 blank>volume:1@null"},
        {"delete_nonsense", data("\"volume_size\": 1, \"delete_on_termination\": \"maybe\""), "",
         "block_device_mapping_v2.1.delete_on_termination", ""},
        {"bad_disk_bus", data("\"volume_size\": 1, \"disk_bus\": \"tape\""), "", "block_device_mapping_v2.1.disk_bus",
         ""},
        {"entry_is_no_object", "1", "", "block_device_mapping_v2.0: must be an object", ""},
        // microversions
        {"tag_at_32", data("\"volume_size\": 1, \"tag\": \"a\""), "", kOk, "volume>volume:10@0 blank>volume:1@null",
         32},
        {"tag_at_33", data("\"volume_size\": 1, \"tag\": \"a\""), "", "tag", "", 33},
        {"tag_at_41", data("\"volume_size\": 1, \"tag\": \"a\""), "", "tag", "", 41},
        {"tag_at_42", data("\"volume_size\": 1, \"tag\": \"a\""), "", kOk, "volume>volume:10@0 blank>volume:1@null",
         42},
        {"type_at_66", data("\"volume_size\": 1, \"volume_type\": \"fast\""), "", "volume_type", "", 66},
        {"type_at_67", data("\"volume_size\": 1, \"volume_type\": \"fast\""), "", kOk,
         "volume>volume:10@0 blank>volume:1@null", 67},
        {"type_unknown", data("\"volume_size\": 1, \"volume_type\": \"slow\""), "",
         "block_device_mapping_v2.1.volume_type", ""},
        {"multiattach_at_59", entry("volume", "volume", uuid(kMultiVolume, "\"boot_index\": 0")), "", "2.60", "", 59},
        {"multiattach_at_60", entry("volume", "volume", uuid(kMultiVolume, "\"boot_index\": 0")), "", kOk,
         "volume>volume:2@0", 60},
    };
}

std::vector<Case> list_cases() {
    const auto blank = [](const std::string& rest) { return entry("blank", "volume", "\"volume_size\": 1, " + rest); };
    return {
        // block-devices.md 3
        {"implicit_root", "-", kImage, kOk, "image>local@0"},
        {"empty_list_is_legacy", "", kImage, kOk, "image>local@0"},
        {"nothing", "-", "", "imageRef", ""},
        {"v2_with_image_needs_its_root", blank("\"boot_index\": -1"), kImage, "boot_index", ""},
        {"image_unknown", "-", kUnknown, "imageRef", ""},
        {"image_queued", "-", kQueuedImage, "not active", ""},
        {"root_image_unknown", entry("image", "volume", uuid(kUnknown, "\"boot_index\": 0, \"volume_size\": 1")), "",
         "failed to get image", ""},
        {"root_volume_unknown", entry("volume", "volume", uuid(kUnknown, "\"boot_index\": 0")), "",
         "failed to get volume", ""},
        {"root_snapshot_unknown", entry("snapshot", "volume", uuid(kUnknown, "\"boot_index\": 0")), "",
         "failed to get snapshot", ""},
        {"root_not_bootable", entry("volume", "volume", uuid(kPlainVolume, "\"boot_index\": 0")), "", "is not bootable",
         ""},
        {"snapshot_of_not_bootable", entry("snapshot", "volume", uuid(kPlainSnapshot, "\"boot_index\": 0")), "",
         "is not bootable", ""},
        {"volume_named_like_root",
         kRoot + ", " + entry("volume", "volume", uuid(kPlainVolume, "\"device_name\": \"/dev/vda\"")), kImage,
         "block_device_mapping_v2.1.device_name", ""},
        // block-devices.md 4
        {"sequence_gap", kVolumeRoot + ", " + blank("\"boot_index\": 2"), "", "boot_index", ""},
        {"sequence_repeat", kVolumeRoot + ", " + blank("\"boot_index\": 0"), "", "boot_index", ""},
        {"sequence_without_zero", entry("volume", "volume", uuid(kVolume, "\"boot_index\": 1")), "", "boot_index", ""},
        {"sequence_all_null", entry("volume", "volume", uuid(kVolume)), "", "boot_index", ""},
        {"sequence_two", kVolumeRoot + ", " + blank("\"boot_index\": 1"), "", kOk,
         "volume>volume:10@0 blank>volume:1@1"},
        {"other_image_readable",
         kRoot + ", " + entry("image", "volume", uuid(kOtherImage, "\"volume_size\": 2, \"boot_index\": -1")), kImage,
         kOk, "image>local@0 image>volume:2@-1"},
        {"other_image_unknown",
         kRoot + ", " + entry("image", "volume", uuid(kUnknown, "\"volume_size\": 2, \"boot_index\": -1")), kImage,
         "block_device_mapping_v2.1.uuid", ""},
        {"volume_in_use", kRoot + ", " + entry("volume", "volume", uuid(kUsedVolume)), kImage,
         "block_device_mapping_v2.1.uuid", ""},
        {"volume_twice", kVolumeRoot + ", " + entry("volume", "volume", uuid(kVolume)), "", "already attached", ""},
        {"data_volume_not_bootable_is_fine", kRoot + ", " + entry("volume", "volume", uuid(kPlainVolume)), kImage, kOk,
         "image>local@0 volume>volume:2@null"},
        {"ephemeral_without_flavor", kRoot + ", " + entry("blank", "local", "\"volume_size\": 1"), kImage,
         "block_device_mapping_v2.1.volume_size", ""},
        {"swap_without_flavor",
         kRoot + ", " + entry("blank", "local", "\"volume_size\": 1, \"guest_format\": \"swap\""), kImage,
         "block_device_mapping_v2.1.volume_size", ""},
        {"too_many_locals",
         kRoot + ", " + entry("blank", "local", "") + ", " + entry("blank", "local", "") + ", " +
             entry("blank", "local", ""),
         kImage, "local devices exceed the limit", ""},
    };
}

class Matrix : public testing::TestWithParam<Case> {};

TEST_P(Matrix, EndsAsSpecified) {
    const auto& c = GetParam();
    FakeLookup lookup;
    try {
        const auto plan = plan_block_devices(request_of(c.v2, c.image, c.minor), lookup);
        ASSERT_EQ(c.field, kOk) << "accepted: " << text_of(plan.devices);
        EXPECT_EQ(text_of(plan.devices), c.result);
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::InvalidInput) << error.message();
        ASSERT_NE(c.field, kOk) << error.message();
        EXPECT_NE(error.message().find(c.field), std::string::npos) << error.message();
    }
}

INSTANTIATE_TEST_SUITE_P(Entry, Matrix, testing::ValuesIn(entry_cases()), [](const auto& c) { return c.param.name; });
INSTANTIATE_TEST_SUITE_P(List, Matrix, testing::ValuesIn(list_cases()), [](const auto& c) { return c.param.name; });

/// The message of the refusal; empty when the request is accepted.
std::string refusal_of(const BlockDeviceRequest& request, FakeLookup& lookup,
                       ErrorCode code = ErrorCode::InvalidInput) {
    try {
        plan_block_devices(request, lookup);
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), code) << error.message();
        return error.message();
    }
    return {};
}

TEST(BlockDevices, BothListsAreRefused) {
    FakeLookup lookup;
    auto request = request_of(kRoot, kImage);
    request.legacy = json::parse("[{\"volume_id\": " + q(kVolume) + "}]").as_array();
    EXPECT_NE(refusal_of(request, lookup).find("not both"), std::string::npos);
}

TEST(BlockDevices, SeveralServersTakeNoExistingVolume) {
    FakeLookup lookup;
    auto request = request_of(kVolumeRoot, "");
    request.max_count = 2;
    EXPECT_NE(refusal_of(request, lookup).find("multiple instances"), std::string::npos);
    request.v2 = json::parse("[" + entry("snapshot", "volume", uuid(kSnapshot, "\"boot_index\": 0")) + "]").as_array();
    EXPECT_EQ(refusal_of(request, lookup), "");
}

TEST(BlockDevices, FlavorAddsEphemeralAndSwap) {
    FakeLookup lookup;
    auto request = request_of(kRoot, kImage);
    request.flavor.ephemeral_gib = 4;
    request.flavor.swap_mib = 256;
    const auto plan = plan_block_devices(request, lookup);
    EXPECT_EQ(text_of(plan.devices), "image>local@0 blank>local:4@-1 blank>local:256@-1");
    EXPECT_TRUE(plan.devices[1].delete_on_termination);
    EXPECT_TRUE(plan.devices[2].is<SwapDisk>());
    EXPECT_EQ(plan.devices[0].device_name, "/dev/vda");
    EXPECT_EQ(plan.devices[1].device_name, "/dev/vdb");
    EXPECT_EQ(plan.devices[2].device_name, "/dev/vdc");
}

TEST(BlockDevices, RequestedEphemeralReplacesTheFlavors) {
    FakeLookup lookup;
    auto request = request_of(kRoot + ", " + entry("blank", "local", "\"volume_size\": 3"), kImage);
    request.flavor.ephemeral_gib = 4;
    EXPECT_EQ(text_of(plan_block_devices(request, lookup).devices), "image>local@0 blank>local:3@null");
    request.v2 = json::parse("[" + kRoot + ", " + entry("blank", "local", "\"volume_size\": 3") + ", " +
                             entry("blank", "local", "\"volume_size\": 2") + "]")
                     .as_array();
    EXPECT_NE(refusal_of(request, lookup).find("larger than the flavor allows"), std::string::npos);
}

TEST(BlockDevices, SizesAreInheritedFromTheFlavor) {
    FakeLookup lookup;
    auto request = request_of(
        kRoot + ", " + entry("blank", "local", "") + ", " + entry("blank", "local", "\"guest_format\": \"swap\""),
        kImage);
    request.flavor.ephemeral_gib = 4;
    request.flavor.swap_mib = 128;
    EXPECT_EQ(text_of(plan_block_devices(request, lookup).devices),
              "image>local@0 blank>local:4@null blank>local:128@null");
}

TEST(BlockDevices, OneSwapAtMost) {
    FakeLookup lookup;
    const auto swap = entry("blank", "local", "\"guest_format\": \"swap\", \"volume_size\": 1");
    auto request = request_of(kRoot + ", " + swap + ", " + swap, kImage);
    request.flavor.swap_mib = 128;
    EXPECT_NE(refusal_of(request, lookup).find("more than one swap"), std::string::npos);
}

TEST(BlockDevices, LocalLimit) {
    FakeLookup lookup;
    auto request = request_of("-", kImage);
    request.max_local = 0;
    EXPECT_NE(refusal_of(request, lookup).find("limit of 0"), std::string::npos);
    request.max_local = -1;
    EXPECT_EQ(refusal_of(request, lookup), "");
}

// ---- image-defined mappings (block-devices.md 3.4)

TEST(ImageDefined, RootOfTheImageWins) {
    FakeLookup lookup;
    lookup.images[kImage].properties =
        json::object{{"bdm_v2", "true"},
                     {"block_device_mapping", "[" +
                                                  entry("snapshot", "volume",
                                                        "\"snapshot_id\": " + q(kSnapshot) +
                                                            ", \"boot_index\": 0, \"delete_on_termination\": false, "
                                                            "\"device_name\": \"/dev/vda\"") +
                                                  "]"}};
    for (const auto& v2 : {std::string("-"), kRoot}) {
        const auto plan = plan_block_devices(request_of(v2, kImage), lookup);
        EXPECT_EQ(text_of(plan.devices), "snapshot>volume:10@0");
        EXPECT_EQ(plan.way, BootWay::SnapshotToVolume);
        EXPECT_TRUE(plan.volume_backed);
    }
}

TEST(ImageDefined, RequestOverridesByDeviceName) {
    FakeLookup lookup;
    const auto stored =
        entry("blank", "volume", "\"volume_size\": 1, \"device_name\": \"/dev/vdb\", \"boot_index\": null");
    lookup.images[kImage].properties = json::object{{"bdm_v2", "True"}, {"block_device_mapping", "[" + stored + "]"}};
    EXPECT_EQ(text_of(plan_block_devices(request_of(kRoot, kImage), lookup).devices),
              "image>local@0 blank>volume:1@null");
    const auto mine = kRoot + ", " + entry("blank", "volume", "\"volume_size\": 5, \"device_name\": \"vdb\"");
    EXPECT_EQ(text_of(plan_block_devices(request_of(mine, kImage), lookup).devices),
              "image>local@0 blank>volume:5@null");
    const auto none = kRoot + ", {\"device_name\": \"vdb\", \"no_device\": true}";
    EXPECT_EQ(text_of(plan_block_devices(request_of(none, kImage), lookup).devices), "image>local@0");
}

TEST(ImageDefined, MappingsGiveSwapAndEphemeral) {
    FakeLookup lookup;
    lookup.images[kImage].properties =
        json::object{{"mappings", R"([{"virtual": "ami", "device": "sda1"}, {"virtual": "swap", "device": "vdc"},
                         {"virtual": "ephemeral0", "device": "vdb"}, {"virtual": "root", "device": "vda"}])"}};
    auto request = request_of("-", kImage);
    request.flavor.ephemeral_gib = 2;
    EXPECT_EQ(text_of(plan_block_devices(request, lookup).devices), "image>local@0 blank>local:2@-1");
    request.flavor.swap_mib = 64;
    EXPECT_EQ(text_of(plan_block_devices(request, lookup).devices), "image>local@0 blank>local:64@-1 blank>local:2@-1");
}

TEST(ImageDefined, LegacyMappingRootByName) {
    FakeLookup lookup;
    lookup.images[kImage].properties = json::object{
        {"block_device_mapping", "[{\"device_name\": \"/dev/vda\", \"snapshot_id\": " + q(kSnapshot) + "}]"}};
    EXPECT_EQ(text_of(plan_block_devices(request_of(kRoot, kImage), lookup).devices), "snapshot>volume:10@0");
}

TEST(ImageDefined, IdsBesideTheSourcesAreLeftOver) {
    FakeLookup lookup;
    const auto stored =
        "{\"source_type\": \"snapshot\", \"destination_type\": \"volume\", \"boot_index\": 0, \"snapshot_id\": " +
        q(kSnapshot) + ", \"volume_id\": " + q(kUnknown) + ", \"image_id\": " + q(kUnknown) + "}";
    lookup.images[kImage].properties = json::object{{"bdm_v2", "true"}, {"block_device_mapping", "[" + stored + "]"}};
    const auto plan = plan_block_devices(request_of("-", kImage), lookup);
    EXPECT_EQ(text_of(plan.devices), "snapshot>volume:10@0");
    EXPECT_EQ(plan.devices.front().volume_id, "");
    EXPECT_EQ(fields_of(plan.devices.front().kind).image_id, "");
}

TEST(ImageDefined, BrokenPropertyIsRefused) {
    FakeLookup lookup;
    for (const auto* text : {"{", "{}", "[1]", "[{\"source_type\": \"volume\"}]",
                             "[{\"source_type\": \"blank\", \"destination_type\": \"moon\"}]"}) {
        lookup.images[kImage].properties = json::object{{"bdm_v2", "true"}, {"block_device_mapping", text}};
        EXPECT_NE(refusal_of(request_of(kRoot, kImage), lookup).find("image property block_device_mapping"),
                  std::string::npos)
            << text;
    }
}

// ---- legacy mappings (block-devices.md 3)

struct LegacyCase {
    std::string name;
    std::string v1;
    std::string image;
    std::string field;
    std::string result;
};

std::vector<LegacyCase> legacy_cases() {
    const auto volume = [](const std::string& device) {
        return "{\"device_name\": " + q(device) + ", \"volume_id\": " + q(kVolume) + "}";
    };
    return {
        {"volume_as_root", volume("vda"), "", kOk, "volume>volume:10@0"},
        {"first_becomes_root", volume("vdb"), "", kOk, "volume>volume:10@0"},
        {"snapshot", "{\"device_name\": \"vda\", \"snapshot_id\": " + q(kSnapshot) + "}", "", kOk,
         "snapshot>volume:10@0"},
        {"image_is_put_in_front", volume("vdb"), kImage, kOk, "image>local@0 volume>volume:10@-1"},
        {"named_root_beats_the_image", volume("vda"), kImage, kOk, "volume>volume:10@0"},
        {"swap_is_not_root", "{\"device_name\": \"vdb\", \"virtual_name\": \"swap\"}", "", "boot_index", ""},
        {"no_device_is_dropped", volume("vda") + ", {\"device_name\": \"vdb\", \"no_device\": true}", "", kOk,
         "volume>volume:10@0"},
        {"unrecognized", "{\"device_name\": \"vda\"}", "", "unrecognized legacy format", ""},
        {"unknown_field", "{\"device_name\": \"vda\", \"boot_index\": 0}", "", "boot_index", ""},
        {"bad_volume_id", "{\"device_name\": \"vda\", \"volume_id\": \"x\"}", "", "block_device_mapping.0.volume_id",
         ""},
    };
}

class Legacy : public testing::TestWithParam<LegacyCase> {};

TEST_P(Legacy, EndsAsSpecified) {
    const auto& c = GetParam();
    FakeLookup lookup;
    BlockDeviceRequest request = request_of("-", c.image, 1);
    request.legacy = json::parse("[" + c.v1 + "]").as_array();
    if (c.field == kOk) {
        EXPECT_EQ(text_of(plan_block_devices(request, lookup).devices), c.result);
    } else {
        EXPECT_NE(refusal_of(request, lookup).find(c.field), std::string::npos);
    }
}

INSTANTIATE_TEST_SUITE_P(V1, Legacy, testing::ValuesIn(legacy_cases()), [](const auto& c) { return c.param.name; });

TEST(Legacy, SwapAndEphemeralAreConverted) {
    FakeLookup lookup;
    auto request = request_of("-", kImage, 1);
    request.legacy = json::parse(R"([{"virtual_name": "swap"}, {"virtual_name": "ephemeral0"}])").as_array();
    request.flavor.swap_mib = 64;
    request.flavor.ephemeral_gib = 3;
    const auto plan = plan_block_devices(request, lookup);
    EXPECT_EQ(text_of(plan.devices), "image>local@0 blank>local:64@-1 blank>local:3@-1");
    EXPECT_TRUE(plan.devices[1].delete_on_termination);
}

// ---- flavor and image (block-devices.md 5)

constexpr std::int64_t kGib = 1024LL * 1024 * 1024;

TEST(FlavorAndImage, Memory) {
    FakeLookup lookup;
    lookup.images[kImage].min_ram_mib = 513;
    EXPECT_NE(refusal_of(request_of("-", kImage), lookup).find("memory"), std::string::npos);
    lookup.volumes[kVolume].image_metadata["min_ram"] = "1024";
    EXPECT_NE(refusal_of(request_of(kVolumeRoot, ""), lookup).find("memory"), std::string::npos);
}

TEST(FlavorAndImage, LocalRootMustHoldTheImage) {
    FakeLookup lookup;
    lookup.images[kImage].size_bytes = 5 * kGib;
    EXPECT_EQ(refusal_of(request_of("-", kImage), lookup), "");
    lookup.images[kImage].size_bytes = 5 * kGib + 1;
    EXPECT_NE(refusal_of(request_of("-", kImage), lookup).find("too small"), std::string::npos);
    lookup.images[kImage].size_bytes = 1;
    lookup.images[kImage].min_disk_gib = 6;
    EXPECT_NE(refusal_of(request_of("-", kImage), lookup).find("minimum size"), std::string::npos);
}

TEST(FlavorAndImage, VolumeRootIgnoresTheFlavorsDisk) {
    FakeLookup lookup;
    lookup.images[kImage].size_bytes = 100 * kGib;
    lookup.images[kImage].min_disk_gib = 8;
    const auto of_size = [](int size) {
        return entry("image", "volume", uuid(kImage, "\"boot_index\": 0, \"volume_size\": " + std::to_string(size)));
    };
    EXPECT_EQ(refusal_of(request_of(of_size(8), ""), lookup), "");
    EXPECT_NE(refusal_of(request_of(of_size(7), ""), lookup).find("block_device_mapping_v2.0.volume_size"),
              std::string::npos);
}

TEST(FlavorAndImage, ZeroDiskFlavorIsForAdmins) {
    FakeLookup lookup;
    auto request = request_of("-", kImage);
    request.flavor.root_gib = 0;
    EXPECT_NE(refusal_of(request, lookup, ErrorCode::Forbidden), "");
    request.is_admin = true;
    EXPECT_EQ(refusal_of(request, lookup), "");
    auto from_volume = request_of(kVolumeRoot, "");
    from_volume.flavor.root_gib = 0;
    EXPECT_EQ(refusal_of(from_volume, lookup), "");
}

TEST(FlavorAndImage, EncryptedImageNeedsAVolume) {
    FakeLookup lookup;
    lookup.images[kImage].properties = json::object{{"cinder_encryption_key_id", "k"}};
    EXPECT_NE(refusal_of(request_of("-", kImage), lookup).find("encrypted"), std::string::npos);
    const auto volume = entry("image", "volume", uuid(kImage, "\"boot_index\": 0, \"volume_size\": 1"));
    EXPECT_EQ(refusal_of(request_of(volume, ""), lookup), "");
}

TEST(FlavorAndImage, ConfigDriveProperty) {
    FakeLookup lookup;
    lookup.images[kImage].properties = json::object{{"img_config_drive", "always"}};
    EXPECT_NE(refusal_of(request_of("-", kImage), lookup).find("img_config_drive"), std::string::npos);
}

TEST(FlavorAndImage, TrustedCertificatesNeedAnImage) {
    FakeLookup lookup;
    auto request = request_of(kVolumeRoot, "");
    request.trusted_certificates = true;
    EXPECT_NE(refusal_of(request, lookup).find("trusted_image_certificates"), std::string::npos);
}

// ---- what the trace says

TEST(Decisions, NameTheWay) {
    FakeLookup lookup;
    const auto image = plan_block_devices(request_of("-", kImage), lookup);
    EXPECT_EQ(image.way, BootWay::Image);
    ASSERT_EQ(image.decisions.size(), 2U);
    EXPECT_EQ(
        image.decisions[1],
        "block_device_mapping has 1 entry: source image, destination local: root disk comes from the image cache; "
        "no volume is created or attached");
    EXPECT_EQ(plan_block_devices(request_of(kVolumeRoot, ""), lookup).way, BootWay::Volume);
    const auto created = entry("image", "volume", uuid(kImage, "\"boot_index\": 0, \"volume_size\": 1"));
    EXPECT_EQ(plan_block_devices(request_of(created, ""), lookup).way, BootWay::ImageToVolume);
}

TEST(Decisions, WaysAreTheWordsOfTheirDecisions) {
    FakeLookup lookup;
    const auto created = entry("image", "volume", uuid(kImage, "\"boot_index\": 0, \"volume_size\": 1"));
    for (const auto& plan :
         {plan_block_devices(request_of(kVolumeRoot, ""), lookup), plan_block_devices(request_of(created, ""), lookup),
          plan_block_devices(request_of("-", kImage), lookup)}) {
        EXPECT_TRUE(plan.decisions.front().starts_with("way: " + std::string(lifecycle::word(plan.way)) + ";"));
    }
}

TEST(DeviceKinds, AreWhatTheirFieldsSay) {
    const std::vector<DeviceFields> all{{"volume", "volume", "", "", "", 3, ""},
                                        {"image", "volume", "", kImage, "", 3, "fast"},
                                        {"snapshot", "volume", "", "", kSnapshot, 3, "fast"},
                                        {"blank", "volume", "", "", "", 3, "fast"},
                                        {"image", "local", "", kImage, "", {}, ""},
                                        {"blank", "local", "ext4", "", "", 3, ""},
                                        {"blank", "local", "", "", "", {}, ""},
                                        {"blank", "local", "swap", "", "", 64, ""},
                                        {"blank", "local", "swap", "", "", {}, ""}};
    for (const auto& fields : all) {
        const auto same = fields_of(kind_of(fields));
        EXPECT_EQ(same.source_type, fields.source_type);
        EXPECT_EQ(same.destination_type, fields.destination_type);
        EXPECT_EQ(same.guest_format, fields.guest_format);
        EXPECT_EQ(same.image_id, fields.image_id);
        EXPECT_EQ(same.snapshot_id, fields.snapshot_id);
        EXPECT_EQ(same.volume_size, fields.volume_size);
        EXPECT_EQ(same.volume_type, fields.volume_type);
    }
}

TEST(Decisions, DriverClasses) {
    const auto of = [](const char* source, const char* destination, const char* format = "") {
        return class_of(kind_of({source, destination, format, {}, {}, {}, {}})).driver;
    };
    EXPECT_EQ(of("blank", "local", "swap"), "DriverSwapBlockDevice");
    EXPECT_EQ(of("blank", "local"), "DriverEphemeralBlockDevice");
    EXPECT_EQ(of("image", "local"), "DriverImageBlockDevice");
    EXPECT_EQ(of("volume", "volume"), "DriverVolumeBlockDevice");
    EXPECT_EQ(of("snapshot", "volume"), "DriverVolSnapshotBlockDevice");
    EXPECT_EQ(of("image", "volume"), "DriverVolImageBlockDevice");
    EXPECT_EQ(of("blank", "volume"), "DriverVolBlankBlockDevice");
    EXPECT_THROW(of("volume", "local"), Error);
    EXPECT_THROW(of("tape", "volume"), Error);
}

}  // namespace
}  // namespace virga::compute
