#include "compute/host/images/raw_backend.hpp"

#include "compute/host/images/disk_size.hpp"
#include "disk/disk.hpp"

namespace virga::compute::host {

MadeDisk RawBackend::create_image(const BaseImage& base, const std::string& path, std::int64_t size_bytes,
                                  const FetchHooks& hooks) {
    const auto size = disk_size(base, size_bytes);
    if (base.format == disk::Format::Raw) {
        disk::copy(base.path, path, hooks.progress, hooks.cancelled);
    } else {
        disk::convert(base.path, to_string(base.format), path, "raw", hooks.progress, hooks.cancelled);
    }
    disk::grow(path, "raw", size);
    return {disk::Format::Raw, ""};
}

}  // namespace virga::compute::host
