#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "compute/host/images/image_cache.hpp"

namespace virga::compute::host {

/// A local disk that was made.
struct MadeDisk {
    disk::Format format = disk::Format::Raw;
    std::string backing;  ///< absolute path of the base that it still needs, or empty
};

/// How local disks are made from bases.
class ImageBackend {
public:
    virtual ~ImageBackend() = default;
    virtual std::string name() const = 0;  ///< "Qcow2", "Raw"
    /// Makes the disk at `path` with the content of `base`, at least `size_bytes` large (0: the base's size). The file
    /// appears whole or not at all; one that is there is replaced. Errors: InvalidInput (the base is larger), NoSpace,
    /// Cancelled.
    virtual MadeDisk create_image(const BaseImage& base, const std::string& path, std::int64_t size_bytes,
                                  const FetchHooks& hooks) = 0;
};

}  // namespace virga::compute::host
