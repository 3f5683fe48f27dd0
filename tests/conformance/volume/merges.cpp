#include "conformance/volume/merges.hpp"

#include <filesystem>

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

}  // namespace

void make_merge(const LayerMerge& merge, const std::string& active) {
    if (merge.into_active && merge.below.empty()) return disk::rebase(merge.upper, std::nullopt);
    if (merge.into_active)
        return disk::rebase(merge.upper, disk::Backing{name_in(merge.upper, merge.below), format_of(merge.below)});
    const auto format = format_of(merge.lower);
    disk::commit(merge.upper);
    disk::rebase_unsafe(active, {name_in(active, merge.lower), format});
}

}  // namespace virga::volume::host::test
