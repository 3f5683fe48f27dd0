#include "volume/flows/flow_data.hpp"

#include <gtest/gtest.h>

namespace virga::volume::flows {
namespace {

/// What an earlier version stored, as text: a flow that it began must go on.
template <class Data>
Data stored(const char* text) {
    return taskflow::decode<Data>(parse_object(text));
}

TEST(FlowData, OfACreationThatAnEarlierVersionBegan) {
    const auto data = stored<CreateVolumeData>(
        R"({"volume_id":"v","size_gib":3,"source_type":"backup","image_id":"","snapshot_id":"","source_volid":"",)"
        R"("backup_id":"b","data_id":"d","backup_key_id":"k","type":"fast","backend_name":"ssd",)"
        R"("type_specs":{"volume_backend_name":"ssd"},"zone":"nova","wanted_host":"h1","wanted_backend":"","bootable":true,)"
        R"("image_metadata":{"min_ram":"1"},"host":"h1","backend":"local","copied_bytes":5,"base_hit":false})");
    EXPECT_EQ(data.volume.value, "v");
    EXPECT_EQ(data.size_gib, 3);
    EXPECT_EQ(data.source_type, SourceType::Backup);
    EXPECT_EQ(data.backup_data, "d");
    EXPECT_EQ(data.backup_key_id, "k");
    EXPECT_EQ(data.backend_name, "ssd");
    EXPECT_TRUE(data.bootable);
    EXPECT_EQ(data.backend, "local");
    EXPECT_EQ(get_string(data.image_metadata, "min_ram"), "1");
}

TEST(FlowData, OfAMoveThatAnEarlierVersionBegan) {
    const auto data = stored<MoveVolumeData>(
        R"({"volume_id":"v","online_volume":"v","reason":"r",)"
        R"("source":{"host":"h1","backend":"a","host_local":true,"type_id":"t1","multiattach":false},)"
        R"("target":{"host":"h1","backend":"b","host_local":false,"type_id":"t2","multiattach":true},)"
        R"("moved_file":{"path":"/p","format":"raw","size_gib":1,"encryption":""}})");
    EXPECT_EQ(data.source.backend, "a");
    EXPECT_TRUE(data.source.host_local);
    EXPECT_TRUE(data.target.multiattach);
    EXPECT_TRUE(data.retypes());
    EXPECT_EQ(data.moved_file->path, "/p");
    EXPECT_FALSE(data.source_file);
}

TEST(FlowData, OfADeletionThatAnEarlierVersionBegan) {
    const auto data = stored<DeleteVolumeData>(R"({"volume_id":"v","snapshots":["s1","s2"],"dependents":["d1"]})");
    EXPECT_EQ(data.snapshots, (std::vector{SnapshotId("s1"), SnapshotId("s2")}));
    EXPECT_EQ(data.dependents, std::vector{VolumeId("d1")});
}

TEST(FlowData, OfReadingATemporaryVolume) {
    const auto data = stored<ReadData>(
        R"({"volume_id":"v","temporary_volume":{"id":"t","host":"h","backend":"b","size_gib":2,"volume_id":"v",)"
        R"("snapshot_id":"s","in_use":true}})");
    EXPECT_EQ(data.temporary->id, "t");
    EXPECT_EQ(data.temporary->snapshot, "s");
    EXPECT_TRUE(data.temporary->in_use);
    EXPECT_FALSE(stored<ReadData>(R"({"volume_id":"v"})").temporary);
}

TEST(FlowData, NamesOfFieldsStayAsTheyAre) {
    const auto names = [](const json::object& data) {
        std::string out;
        for (const auto& item : data) out += std::string(item.key()) + " ";
        return out;
    };
    EXPECT_EQ(names(taskflow::encode(ExtendVolumeData{})), "volume_id online_volume size_gib old_size_gib ");
    EXPECT_EQ(names(taskflow::encode(RestoreBackupData{})), "backup_id data_id volume_id volume_facts ");
    EXPECT_EQ(names(taskflow::encode(CreateBackupData{})),
              "backup_id volume_id snapshot_id parent_id host backend size_gib volume_facts ");
    EXPECT_EQ(names(taskflow::encode(DeleteBackupData{})), "backup_id flow_before ");
    EXPECT_EQ(names(taskflow::encode(CreateGroupData{})), "group_id zone backend_name type_specs ");
    EXPECT_EQ(names(taskflow::encode(CreateGroupSnapshotData{})), "group_snapshot_id host backend snapshots ");
    EXPECT_EQ(names(taskflow::encode(OnlineData{})), "online_volume online_snapshot ");
    EXPECT_EQ(names(taskflow::encode(ReimageVolumeData{})), "volume_id image_id image_metadata ");
}

}  // namespace
}  // namespace virga::volume::flows
