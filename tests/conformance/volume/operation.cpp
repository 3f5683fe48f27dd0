#include "conformance/volume/operation.hpp"

#include <cstdio>
#include <filesystem>

#include "base/error.hpp"
#include "base/process.hpp"
#include "conformance/volume/backends.hpp"

namespace virga::volume::host::test {

void apply(Driver& driver, const json::object& o) {
    const auto op = get_string(o, "op");
    const auto id = get_string(o, "id");
    const auto size = get_int(o, "size_gib", 1);
    const auto source = get_string(o, "source_id");
    const auto snapshot = get_string(o, "snapshot_id");
    if (op == "create") driver.create(id, size);
    if (op == "create_from_image")
        driver.create_from_image(id, size, ImageSource::from_json(get_object(o, "image")), {});
    if (op == "create_from_snapshot") driver.create_from_snapshot(id, size, source, snapshot, {});
    if (op == "clone") driver.clone(id, size, source, {});
    if (op == "create_from_disk")
        driver.read(source, [&](const VolumeFile& disk) { driver.create_from_disk(id, size, disk, {}); });
    if (op == "remove") driver.remove(id);
    if (op == "revert") driver.revert(id, snapshot, {});
    if (op == "reimage") driver.reimage(id, ImageSource::from_json(get_object(o, "image")), {});
    if (op == "unmanage") driver.unmanage(id);
    if (op == "extend") driver.extend(id, size);
    if (op == "create_snapshot") driver.create_snapshot(id, snapshot);
    if (op == "create_snapshot_online") driver.create_snapshot_online(id, snapshot);
    if (op == "finish_merge") driver.finish_merge(id, LayerMerge::from_json(get_object(o, "merge")));
    if (op == "delete_snapshot") driver.delete_snapshot(id, snapshot);
    if (op == "initialize_connection") driver.initialize_connection(id, "host");
    if (op == "terminate_connection") driver.terminate_connection(id, "host");
}

int apply_in_child(const std::string& kind, const std::string& folder, const json::object& operation,
                   const std::string& failpoint, const std::string& log) {
    const auto self = std::filesystem::read_symlink("/proc/self/exe").string();
    const auto result = run_process({"env", "VIRGA_FAILPOINT=" + failpoint, "VIRGA_FAILPOINT_LOG=" + log, self,
                                     "--child", kind, folder, json::serialize(operation)});
    if (result.exit_code == 1) std::fprintf(stderr, "child: %s", result.err.c_str());
    return result.exit_code;
}

int child_main(char** argv) {
    try {
        const auto driver = open_driver(argv[2], argv[3]);
        apply(*driver, parse_object(argv[4]));
        return 0;
    } catch (const Error& e) {
        std::fprintf(stderr, "%s (%s)\n", e.what(), e.detail().c_str());
        return 1;
    }
}

}  // namespace virga::volume::host::test
