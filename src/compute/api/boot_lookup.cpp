#include "compute/api/boot_lookup.hpp"

#include "base/error.hpp"

namespace virga::compute::api {
namespace {

/// The result, or nullopt where the service says NotFound.
template <class F>
auto absent_if_not_found(F&& find) -> std::optional<decltype(find())> {
    try {
        return find();
    } catch (const Error& error) {
        if (error.code() != ErrorCode::NotFound) throw;
        return std::nullopt;
    }
}

}  // namespace

std::optional<image::Image> ServiceLookup::image(const std::string& id) {
    return d_.images.find(tx_, auth_, ImageId(id));
}

std::optional<volume::Volume> ServiceLookup::volume(const std::string& id) {
    return absent_if_not_found([&] { return d_.volumes.get(tx_, auth_, VolumeId(id)); });
}

std::optional<volume::Snapshot> ServiceLookup::snapshot(const std::string& id) {
    return absent_if_not_found([&] { return d_.volumes.get_snapshot(tx_, auth_, SnapshotId(id)); });
}

std::optional<std::string> ServiceLookup::volume_type(const std::string& id_or_name) {
    return absent_if_not_found([&] { return d_.volumes.resolve_type(tx_, id_or_name); });
}

}  // namespace virga::compute::api
