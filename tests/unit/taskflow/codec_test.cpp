#include "taskflow/codec.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace virga::taskflow {
namespace {

struct File {
    std::string path;
    json::object to_json() const { return {{"path", path}}; }
    static File from_json(const json::object& o) { return {get_string(o, "path")}; }
};

struct Part {
    std::int64_t count = 0;
    template <class Fields>
    void fields(Fields& field) {
        field("count", count);
    }
};

struct Sample {
    VolumeId volume;
    std::string name = "unnamed";
    bool online = false;
    std::vector<SnapshotId> snapshots;
    std::vector<Part> parts;
    std::optional<File> file;
    json::object facts;
    Part inner;
    Part flat;
    template <class Fields>
    void fields(Fields& field) {
        field("volume_id", volume);
        field("name", name);
        field("online", online);
        field("snapshots", snapshots);
        field("parts", parts);
        field("file", file);
        field("facts", facts);
        field("inner", inner);
        field.part(flat);
    }
};

TEST(Codec, ReadsWhatItWrote) {
    const Sample sample{VolumeId("v"), "n", true, {SnapshotId("s1"), SnapshotId("s2")}, {{1}, {2}}, File{"/p"},
                        {{"a", 1}},    {3}, {4}};
    const auto json = encode(sample);
    EXPECT_EQ(json::serialize(json),
              R"({"volume_id":"v","name":"n","online":true,"snapshots":["s1","s2"],"parts":[{"count":1},{"count":2}],)"
              R"("file":{"path":"/p"},"facts":{"a":1},"inner":{"count":3},"count":4})");
    const auto found = decode<Sample>(json);
    EXPECT_EQ(json::serialize(encode(found)), json::serialize(json));
    EXPECT_EQ(found.snapshots, sample.snapshots);
    EXPECT_EQ(found.file->path, "/p");
}

TEST(Codec, WhatIsMissingStaysAsItIsByDefault) {
    const auto found = decode<Sample>({{"unknown", 1}, {"file", nullptr}});
    EXPECT_EQ(found.name, "unnamed");
    EXPECT_FALSE(found.file);
    EXPECT_TRUE(found.snapshots.empty());
    EXPECT_EQ(encode(found).count("file"), 0U);
}

TEST(Codec, AnotherTypeIsCorrupt) {
    try {
        decode<Sample>({{"name", 1}});
        FAIL() << "was read";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::Corrupt);
    }
    EXPECT_THROW(decode<Sample>({{"snapshots", json::array{1}}}), Error);
}

}  // namespace
}  // namespace virga::taskflow
