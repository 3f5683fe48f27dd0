#pragma once
#include "compute/flows/flows.hpp"

namespace virga::compute::flows {

/// A base file in the image cache of a host.
struct ImageBase {
    std::string file;  ///< <sha1 of the image id>
    std::string format;
    std::int64_t copied_bytes = 0;
    bool cache_hit = false;
};

/// Has the chosen host fetch an image into its cache. The virtual size is checked against `root_gib` (0: no bound).
/// Errors as of command::kFetchImage.
ImageBase fetch_base(Dependencies& d, const taskflow::TaskContext& context, const ImageSource& source,
                     std::int64_t root_gib);

/// "base <sha1>, raw (cache hit)".
std::string describe(const ImageBase& base);

}  // namespace virga::compute::flows
