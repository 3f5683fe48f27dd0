#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "base/json.hpp"
#include "fuzz/targets.hpp"

namespace virga::fuzz {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> inputs_of(const std::string& target) {
    const fs::path folder = fs::path(VIRGA_SOURCE_DIR) / "tests" / "fuzz" / "corpus" / target;
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder)) found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
}

class Replay : public testing::TestWithParam<Target> {};

// What fuzzing has found stays found: each input of the corpus, in every build.
TEST_P(Replay, NoInputOfTheCorpusDoesHarm) {
    const auto inputs = inputs_of(GetParam().name);
    ASSERT_FALSE(inputs.empty());
    for (const auto& path : inputs) {
        SCOPED_TRACE(path);
        std::ifstream file(path, std::ios::binary);
        const std::string input{std::istreambuf_iterator<char>(file), {}};
        try {
            GetParam().run(input);
        } catch (const std::exception& failure) {
            ADD_FAILURE() << failure.what();
        }
    }
}

constexpr const char* kVolume = R"("backend":"local","volume_id":"11111111-2222-4333-8444-555555555555")";
constexpr const char* kOther = "22222222-2222-4333-8444-555555555555";

std::string volume_command(const std::string& name, const std::string& more) {
    return "volume." + name + " {" + kVolume + (more.empty() ? "" : ",") + more + "}";
}

/// Each command of a host with all of its parameters.
std::vector<std::string> host_commands() {
    const std::string server = R"("server_id":"11111111-2222-4333-8444-555555555555")";
    const std::string disk =
        R"({"kind":"volume","device_name":"vdb","disk_bus":"virtio","device_type":"disk","boot_index":1,"file":"disk",)"
        R"("size_mib":1,"volume_id":"11111111-2222-4333-8444-555555555555","connection_info":{"driver_volume_type":)"
        R"("local","data":{"path":"{volumes}/volume-11111111-2222-4333-8444-555555555555","format":"raw"}}})";
    const std::string nic =
        R"({"port_id":"22222222-2222-4333-8444-555555555555","network_id":"11111111-2222-4333-8444-555555555555",)"
        R"("network_name":"n","mac":"fa:16:3e:00:00:01","mtu":1500,"tap":"tap22222222-22","bridge":"vbr11111111-22",)"
        R"("tag":"t","fixed_ips":[{"address":"10.0.0.2","subnet_id":"s","version":4}],)"
        R"("address_pairs":[{"ip_address":"10.0.0.9","mac_address":"fa:16:3e:00:00:02"}]})";
    const std::string guest = R"("guest":{)" + server + R"(,"name":"g","vcpus":1,"memory_mib":64,"disks":[)" + disk +
                              R"(],"nics":[)" + nic +
                              R"(],"image_properties":{"hw_disk_bus":"virtio"},"project_id":"p","user_id":"u",)"
                              R"("flavor_name":"f"})";
    const std::string image = R"("image":{"image_id":")" + std::string(kOther) +
                              R"(","path":"{images}/image","disk_format":"raw","container_format":"bare",)"
                              R"("size_bytes":65536,"checksum":"","os_hash_algo":"","os_hash_value":""})";
    const std::string target = R"("target":{"image_id":")" + std::string(kOther) + R"(","upload_id":")" + kOther +
                               R"(","folder":"{images}","disk_format":"raw","max_bytes":1048576})";
    const std::string id = R"("volume_id":"11111111-2222-4333-8444-555555555555")";
    const std::string snapshot = R"("snapshot_id":")" + std::string(kOther) + '"';
    const std::string backup = R"("backup_id":")" + std::string(kOther) + '"';
    const std::string size = R"("size_gib":1)";
    const std::string keys = R"(,"keys":{"11111111-2222-4333-8444-555555555555":"k"})";
    return {
        volume_command("create", size + keys),
        "compute.fetch_image {" + image + R"(,"max_virtual_size_bytes":1048576})",
        "compute.create_disks {" + server + R"(,"image_id":"","root_size_mib":0,"disks":[)" + disk + "]}",
        "compute.create_config_drive {" + server + R"(,"label":"config-2","files":[{"paths":["a"],"content":"eA=="}]})",
        "compute.spawn {" + guest + keys + "}",
        "compute.power_on {" + guest + keys + "}",
        "compute.power_off {" + server + R"(,"timeout_s":0})",
        "compute.reboot {" + guest + R"(,"type":"HARD"})",
        "compute.attach_disk {" + server + R"(,"disk":)" + disk + keys + "}",
        "compute.detach_disk {" + server + "," + id + "}",
        "compute.detach_nic {" + server + R"(,"nic":)" + nic + "}",
        "compute.resize_disk {" + server + "," + id + R"(,"size_bytes":1})",
        "compute.snapshot_disk {" + server + "," + id + R"(,"file":{"path":"{volumes}/x","format":"qcow2"}})",
        "compute.commit_disk {" + server + "," + id + R"(,"upper":"{volumes}/x","lower":"{volumes}/y"})",
        "compute.pull_disk {" + server + "," + id + R"(,"lower":"{volumes}/x","below":""})",
        "compute.mirror_disk {" + server + R"(,"disk":)" + disk + "}",
        "compute.pivot_disk {" + server + R"(,"disk":)" + disk + "}",
        "compute.end_mirror {" + server + "," + id + "}",
        "compute.console_output {" + server + R"(,"max_bytes":1})",
        "compute.server_state {" + server + "}",
        "compute.destroy {" + server + R"(,"nics":[)" + nic + "]}",
        R"(network.plug {"nics":[)" + nic + "]}",
        R"(network.unplug {"nics":[)" + nic + "]}",
        volume_command("create_from_image", size + "," + image),
        volume_command("create_from_snapshot", size + "," + snapshot + R"(,"source_volume_id":")" + kOther + '"'),
        volume_command("clone", size + R"(,"source_volume_id":")" + kOther + '"'),
        volume_command("copy_here", size + R"(,"source_backend":"none")"),
        volume_command("extend", size),
        volume_command("create_snapshot", snapshot + R"(,"attached":false)"),
        R"(volume.create_snapshots {"backend":"local","snapshots":[{)" + id + "," + snapshot + "}]}",
        volume_command("delete_snapshot", snapshot),
        volume_command("revert", snapshot),
        volume_command("reimage", image),
        volume_command("upload", target),
        volume_command("discard_upload", target),
        R"(volume.manageable {"backend":"local"})",
        volume_command("manage", R"("source_name":"a","format":"raw")"),
        volume_command("unmanage", ""),
        volume_command("manage_snapshot", snapshot + R"(,"source_name":"a")"),
        volume_command("unmanage_snapshot", snapshot),
        volume_command("next_merge", ""),
        volume_command("finish_merge",
                       R"("merge":{"into_active":false,"upper":"{volumes}/x","lower":"{volumes}/y","below":""})"),
        volume_command("flatten", ""),
        volume_command("initialize_connection", R"("connector":{"host":"h1"})"),
        volume_command("terminate_connection", R"("connector":{"host":"h1"})"),
        volume_command("create_backup", backup + R"(,"parent_id":")" + kOther + R"(","origin_id":")" + kOther +
                                            R"(","volume":{"name":"x"})"),
        volume_command("restore_backup", backup),
        volume_command("create_from_backup", size + "," + backup),
        "volume.delete_backup {" + backup + "}",
        "volume.describe_backup {" + backup + "}",
        volume_command("delete", ""),
    };
}

/// Calls `use` once for each value in `part` and each other type that it may get.
void each_mutation(json::value& part, const std::function<void()>& use) {
    static const auto others = json::parse(R"([null, true, -1, 1.5, "text", [1], {"a": 1}, [[]], [{}]])").as_array();
    const auto kept = part;
    for (const auto& other : others) {
        part = other;
        use();
    }
    part = kept;
    if (auto* object = part.if_object()) {
        for (auto& entry : *object) each_mutation(entry.value(), use);
    } else if (auto* array = part.if_array()) {
        for (auto& entry : *array) each_mutation(entry, use);
    }
}

TEST(HostCommands, ParametersOfAnyTypeAreDoneOrRefused) {
    for (const auto& line : host_commands()) {
        const auto space = line.find(' ');
        auto params = json::parse(line.substr(space + 1));
        for (auto& entry : params.as_object()) {
            each_mutation(entry.value(), [&] {
                const auto input = line.substr(0, space + 1) + json::serialize(params) + "\n";
                try {
                    host(input);
                } catch (const std::exception& failure) {
                    ADD_FAILURE() << failure.what() << "\n" << input;
                }
            });
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Targets, Replay, testing::ValuesIn(targets()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace virga::fuzz
