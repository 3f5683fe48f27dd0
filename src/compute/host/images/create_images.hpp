#pragma once
#include <memory>

#include "compute/host/images/base_folder.hpp"
#include "compute/host/images/image_backend.hpp"
#include "compute/host/images/image_cache.hpp"
#include "config/config.hpp"

namespace virga::compute::host {

/// As `compute.images_type` says. Throws Error{InvalidInput} for an unknown type.
std::unique_ptr<ImageBackend> create_image_backend(const config::Config& config, bool fake);
std::unique_ptr<ImageCache> create_image_cache(const config::Config& config, bool fake, BaseFolder& folder);

}  // namespace virga::compute::host
