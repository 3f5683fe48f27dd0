#include "compute/host/images/disk_image_cache.hpp"

#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "disk/disk.hpp"

namespace virga::compute::host {
namespace {

void check_size(const BaseImage& base, std::int64_t max_virtual_size_bytes) {
    if (max_virtual_size_bytes <= 0 || base.virtual_size_bytes <= max_virtual_size_bytes) return;
    throw Error(ErrorCode::InvalidInput, "the image needs a disk of " + std::to_string(base.virtual_size_bytes) +
                                             " bytes, the flavor's has " + std::to_string(max_virtual_size_bytes) +
                                             ": choose a larger flavor");
}

}  // namespace

CachedImage DiskImageCache::fetch(const ImageSource& source, std::int64_t max_virtual_size_bytes,
                                  const FetchHooks& hooks) {
    const auto name = base_name(source.image_id);
    const auto guard = folder_.lock(name);
    if (auto found = folder_.find(name)) {
        check_size(*found, max_virtual_size_bytes);
        return {std::move(*found), true, 0};
    }
    folder_.create();
    disk::FetchOptions options;
    // Guests only ever get raw and qcow2; what else there is becomes raw.
    options.to_raw = force_raw_ || source.disk_format != "qcow2";
    options.max_virtual_size_bytes = max_virtual_size_bytes;
    options.progress = hooks.progress;
    options.cancelled = hooks.cancelled;
    const auto result = disk::fetch_image(source, folder_.file(name), options);
    failpoint("host.fetch_image.fetched");
    const BaseImage base{folder_.file(name), disk::format_of(result.format), result.virtual_size_bytes};
    folder_.record(name, base);
    return {base, false, result.copied_bytes};
}

std::optional<BaseImage> DiskImageCache::find(const std::string& image_id) {
    const auto name = base_name(image_id);
    const auto guard = folder_.lock(name);
    return folder_.find(name);
}

}  // namespace virga::compute::host
