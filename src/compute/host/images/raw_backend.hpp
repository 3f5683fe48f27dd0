#pragma once
#include "compute/host/images/image_backend.hpp"

namespace virga::compute::host {

/// Full copies (reflinks where the file system can): independent of the base.
class RawBackend : public ImageBackend {
public:
    std::string name() const override { return "Raw"; }
    MadeDisk create_image(const BaseImage& base, const std::string& path, std::int64_t size_bytes,
                          const FetchHooks& hooks) override;
};

}  // namespace virga::compute::host
