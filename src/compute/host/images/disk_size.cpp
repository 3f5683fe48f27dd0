#include "compute/host/images/disk_size.hpp"

#include "base/error.hpp"

namespace virga::compute::host {

std::int64_t disk_size(const BaseImage& base, std::int64_t size_bytes) {
    if (size_bytes == 0) return base.virtual_size_bytes;
    if (size_bytes < base.virtual_size_bytes)
        throw Error(ErrorCode::InvalidInput, "the image needs a disk of " + std::to_string(base.virtual_size_bytes) +
                                                 " bytes, the flavor's has " + std::to_string(size_bytes) +
                                                 ": choose a larger flavor");
    return size_bytes;
}

}  // namespace virga::compute::host
