#pragma once
#include <cstdint>

#include "compute/host/images/base_folder.hpp"

namespace virga::compute::host {

/// Formatted empty disks, made once per size and cached like images: ephemeral_<GiB>_<hash of the mkfs command> and
/// swap_<MiB>. With `fake` they are markers.
class BlankBases {
public:
    BlankBases(BaseFolder& folder, bool fake) : folder_(folder), fake_(fake) {}

    BaseImage ephemeral(std::int64_t size_mib);
    BaseImage swap(std::int64_t size_mib);

private:
    template <class Format>
    BaseImage find_or_make(const std::string& name, std::int64_t size_mib, Format format);

    BaseFolder& folder_;
    bool fake_;
};

}  // namespace virga::compute::host
