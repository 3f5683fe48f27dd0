#include "compute/host/images/create_images.hpp"

#include "compute/host/images/disk_image_cache.hpp"
#include "compute/host/images/fake_backend.hpp"
#include "compute/host/images/fake_image_cache.hpp"
#include "compute/host/images/qcow2_backend.hpp"
#include "compute/host/images/raw_backend.hpp"
#include "compute/host/settings.hpp"

namespace virga::compute::host {

std::unique_ptr<ImageBackend> create_image_backend(const config::Config& config, bool fake) {
    if (fake) return std::make_unique<FakeBackend>();
    if (config.get(setting::images_type) == "raw") return std::make_unique<RawBackend>();
    return std::make_unique<Qcow2Backend>();
}

std::unique_ptr<ImageCache> create_image_cache(const config::Config& config, bool fake, BaseFolder& folder) {
    if (fake) return std::make_unique<FakeImageCache>(folder);
    return std::make_unique<DiskImageCache>(folder, config.get(setting::force_raw_images));
}

}  // namespace virga::compute::host
