#pragma once
#include <cstdint>

#include "compute/host/images/image_cache.hpp"

namespace virga::compute::host {

/// Size of a disk made from `base` when `size_bytes` are wanted (0: the base's size). Throws Error{InvalidInput} when
/// the base doesn't fit: a disk never shrinks.
std::int64_t disk_size(const BaseImage& base, std::int64_t size_bytes);

}  // namespace virga::compute::host
