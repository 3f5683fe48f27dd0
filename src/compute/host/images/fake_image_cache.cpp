#include "compute/host/images/fake_image_cache.hpp"

#include "base/failpoint.hpp"
#include "base/small_file.hpp"

namespace virga::compute::host {

CachedImage FakeImageCache::fetch(const ImageSource& source, std::int64_t, const FetchHooks&) {
    const auto name = base_name(source.image_id);
    const auto guard = folder_.lock(name);
    if (auto found = folder_.find(name)) return {std::move(*found), true, 0};
    const BaseImage base{folder_.file(name), disk::Format::Raw, source.size_bytes};
    write_small_file(base.path, "");
    failpoint("host.fetch_image.fetched");
    folder_.record(name, base);
    return {base, false, source.size_bytes};
}

std::optional<BaseImage> FakeImageCache::find(const std::string& image_id) {
    const auto name = base_name(image_id);
    const auto guard = folder_.lock(name);
    return folder_.find(name);
}

}  // namespace virga::compute::host
