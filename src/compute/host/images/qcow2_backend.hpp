#pragma once
#include "compute/host/images/image_backend.hpp"

namespace virga::compute::host {

/// Overlays: no data is copied, the base stays needed.
class Qcow2Backend : public ImageBackend {
public:
    std::string name() const override { return "Qcow2"; }
    MadeDisk create_image(const BaseImage& base, const std::string& path, std::int64_t size_bytes,
                          const FetchHooks& hooks) override;
};

}  // namespace virga::compute::host
