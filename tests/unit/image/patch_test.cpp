#include "image/model/patch.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace virga::image {
namespace {

constexpr const char* kType = "application/openstack-images-v2.1-json-patch";

identity::Auth member() {
    identity::Auth auth;
    auth.project = ProjectId("p1");
    auth.roles = {"member"};
    return auth;
}

Record image() {
    Record record;
    record.owner = "p1";
    record.tags = {"a", "b"};
    record.properties["hw_disk_bus"] = "scsi";
    record.disk_format = "raw";
    return record;
}

Record patched(Record record, std::string_view body, const identity::Auth& auth = member()) {
    apply_patch(record, auth, parse_patch(kType, body));
    return record;
}

ErrorCode failure_of(std::string_view body, const Record& record = image()) {
    try {
        patched(record, body);
    } catch (const Error& failure) {
        return failure.code();
    }
    ADD_FAILURE() << "accepted: " << body;
    return ErrorCode::Internal;
}

TEST(Patch, SetsAttributesWithTheirTypes) {
    const auto record = patched(image(), R"([{"op": "replace", "path": "/name", "value": "x"},
        {"op": "add", "path": "/min_disk", "value": 3}, {"op": "replace", "path": "/protected", "value": true},
        {"op": "replace", "path": "/visibility", "value": "community"}])");
    EXPECT_EQ(record.name, "x");
    EXPECT_EQ(record.min_disk_gib, 3);
    EXPECT_TRUE(record.is_protected);
    EXPECT_EQ(record.visibility, "community");
}

TEST(Patch, AddsReplacesAndRemovesProperties) {
    const auto record = patched(image(), R"([{"op": "add", "path": "/os_distro", "value": "debian"},
        {"op": "replace", "path": "/os_distro", "value": "arch"}, {"op": "remove", "path": "/hw_disk_bus"},
        {"op": "add", "path": "/a~1b~0c", "value": "v"}])");
    EXPECT_EQ(get_string(record.properties, "os_distro"), "arch");
    EXPECT_FALSE(record.properties.contains("hw_disk_bus"));
    EXPECT_TRUE(record.properties.contains("a/b~c"));
}

TEST(Patch, ChangesTagsAsAWholeAndOneByOne) {
    EXPECT_EQ(patched(image(), R"([{"op": "replace", "path": "/tags", "value": ["x", "x", "y"]}])").tags,
              (std::vector<std::string>{"x", "y"}));
    EXPECT_EQ(
        patched(image(), R"([{"op": "add", "path": "/tags/0", "value": "n"}, {"op": "remove", "path": "/tags/2"}])")
            .tags,
        (std::vector<std::string>{"n", "a"}));
    EXPECT_EQ(patched(image(), R"([{"op": "add", "path": "/tags/-", "value": "a"}])").tags,
              (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(failure_of(R"([{"op": "remove", "path": "/tags/2"}])"), ErrorCode::Conflict);
}

TEST(Patch, RefusesReadOnlyAndReservedAttributes) {
    for (const auto* name : {"id", "status", "size", "checksum", "os_hash_value", "created_at", "self", "file",
                             "schema", "locations", "deleted", "virtual_size", "direct_url"}) {
        for (const auto* verb : {"add", "replace", "remove"}) {
            const auto body = std::string(R"([{"op": ")") + verb + R"(", "path": "/)" + name + R"(", "value": "x"}])";
            EXPECT_EQ(failure_of(body), ErrorCode::Forbidden) << body;
        }
    }
    EXPECT_EQ(failure_of(R"([{"op": "remove", "path": "/name"}])"), ErrorCode::Forbidden);
}

TEST(Patch, RefusesWhatIsNotThere) {
    EXPECT_EQ(failure_of(R"([{"op": "replace", "path": "/nothing", "value": "x"}])"), ErrorCode::Conflict);
    EXPECT_EQ(failure_of(R"([{"op": "remove", "path": "/nothing"}])"), ErrorCode::Conflict);
}

TEST(Patch, RefusesWrongTypesAndMalformedPatches) {
    for (const auto* body : {
             R"([{"op": "replace", "path": "/min_disk", "value": "3"}])",
             R"([{"op": "replace", "path": "/min_ram", "value": -1}])",
             R"([{"op": "replace", "path": "/protected", "value": "yes"}])",
             R"([{"op": "replace", "path": "/visibility", "value": "secret"}])",
             R"([{"op": "add", "path": "/os_distro", "value": 7}])",
             R"([{"op": "add", "path": "/os_distro", "value": {"a": 1}}])",
             R"([{"op": "add", "path": "/name"}])",
             R"([{"op": "move", "path": "/name", "value": "x"}])",
             R"([{"op": "add", "path": "name", "value": "x"}])",
             R"([{"op": "add", "path": "/", "value": "x"}])",
             R"([{"op": "add", "path": "/a/b", "value": "x"}])",
             R"([{"op": "add", "path": "/a~2", "value": "x"}])",
             R"([{"path": "/name", "value": "x"}])",
             R"([1])",
             R"({})",
             R"([)",
         }) {
        EXPECT_EQ(failure_of(body), ErrorCode::InvalidInput) << body;
    }
}

TEST(Patch, KeepsTheFormatOfDataThatIsThere) {
    const auto* body = R"([{"op": "replace", "path": "/disk_format", "value": "qcow2"}])";
    EXPECT_EQ(patched(image(), body).disk_format, "qcow2");
    for (const auto status : {ImageStatus::Saving, ImageStatus::Active, ImageStatus::Deactivated}) {
        auto record = image();
        record.status = status;
        EXPECT_EQ(failure_of(body, record), ErrorCode::Forbidden);
    }
}

TEST(Patch, OnlyAdministratorsPublishAndGiveAway) {
    const auto* publish = R"([{"op": "replace", "path": "/visibility", "value": "public"}])";
    const auto* give = R"([{"op": "replace", "path": "/owner", "value": "p2"}])";
    EXPECT_EQ(failure_of(publish), ErrorCode::Forbidden);
    EXPECT_EQ(failure_of(give), ErrorCode::Forbidden);
    auto admin = member();
    admin.standings = identity::policy::Standing::Admin;
    EXPECT_EQ(patched(image(), publish, admin).visibility, "public");
    EXPECT_EQ(patched(image(), give, admin).owner, "p2");
}

TEST(Patch, BoundsTagsAndProperties) {
    json::array steps;
    for (int i = 0; i < 129; ++i) {
        steps.push_back(json::object{{"op", "add"}, {"path", "/p" + std::to_string(i)}, {"value", "x"}});
    }
    EXPECT_EQ(failure_of(json::serialize(steps)), ErrorCode::TooLarge);
}

TEST(Patch, KnowsTheOldMediaTypeAndNoOther) {
    const auto steps =
        parse_patch("application/openstack-images-v2.0-json-patch", R"([{"replace": "/name", "value": "x"}])");
    ASSERT_EQ(steps.size(), 1u);
    EXPECT_EQ(steps[0].name, "name");
    for (const auto& type : patch_types()) EXPECT_TRUE(is_patch_type(type + "; charset=utf-8")) << type;
    EXPECT_FALSE(is_patch_type("application/json"));
    EXPECT_FALSE(is_patch_type(""));
}

}  // namespace
}  // namespace virga::image
