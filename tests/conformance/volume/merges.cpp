#include "conformance/volume/merges.hpp"

#include <filesystem>

#include "conformance/volume/keyed_driver.hpp"
#include "conformance/volume/tools.hpp"
#include "disk/disk.hpp"

namespace virga::volume::host::test {
namespace {

std::string format_of(const std::string& path) {
    return tool({"head", "-c", "3", path}) == "QFI" ? "qcow2" : "raw";
}

std::string name_in(const std::string& file, const std::string& backing) {
    return std::filesystem::path(backing).lexically_relative(std::filesystem::path(file).parent_path()).string();
}

// QEMU's tool must be given the key of the new backing file, and then writes all that it was given into the header.
void make_encrypted_merge(const LayerMerge& merge, const std::string& active) {
    if (!merge.into_active) {
        const auto format = format_of(merge.lower);
        disk::commit(merge.upper, {}, test_key());
        return disk::rebase_unsafe(active, {name_in(active, merge.lower), format}, test_key());
    }
    const auto format = format_of(merge.below);
    const disk::KeyFile key(test_key());
    const auto words = key.arguments();
    tool({"qemu-img", "rebase", "-q", words[0], words[1], "-F", format, "-b", disk::keyed_disk(merge.below, format),
          disk::keyed_disk(merge.upper, "qcow2")});
    disk::rebase_unsafe(merge.upper, {name_in(merge.upper, merge.below), format}, test_key());
}

}  // namespace

void make_merge(const LayerMerge& merge, const std::string& active) {
    if (format_of(merge.upper) == "qcow2" && disk::qcow2_is_encrypted(merge.upper))
        return make_encrypted_merge(merge, active);
    if (merge.into_active && merge.below.empty()) return disk::rebase(merge.upper, std::nullopt);
    if (merge.into_active)
        return disk::rebase(merge.upper, disk::Backing{name_in(merge.upper, merge.below), format_of(merge.below)});
    const auto format = format_of(merge.lower);
    disk::commit(merge.upper);
    disk::rebase_unsafe(active, {name_in(active, merge.lower), format});
}

}  // namespace virga::volume::host::test
