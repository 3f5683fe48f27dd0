#pragma once
#include "compute/host/images/image_backend.hpp"

namespace virga::compute::host {

/// Marker files, for the fake hypervisor.
class FakeBackend : public ImageBackend {
public:
    std::string name() const override { return "Qcow2"; }
    MadeDisk create_image(const BaseImage& base, const std::string& path, std::int64_t size_bytes,
                          const FetchHooks& hooks) override;
};

}  // namespace virga::compute::host
