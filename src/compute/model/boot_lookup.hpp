#pragma once
#include <optional>
#include <string>

#include "image/image.hpp"
#include "volume/volume.hpp"

namespace virga::compute {

/// What the block device rules ask other services. Each answer is what the caller of the API may see: another project's
/// resource is absent.
class BootLookup {
public:
    virtual ~BootLookup() = default;
    virtual std::optional<image::Image> image(const std::string& id) = 0;
    virtual std::optional<volume::Volume> volume(const std::string& id) = 0;
    virtual std::optional<volume::Snapshot> snapshot(const std::string& id) = 0;
    /// Name of a volume type given by id or name.
    virtual std::optional<std::string> volume_type(const std::string& id_or_name) = 0;
};

}  // namespace virga::compute
