#pragma once
#include <cstdint>

namespace virga::volume::host::files {

/// What the raw copies of images may take; 0: no bound. A copy that a volume needs stays in any case.
struct CacheLimits {
    std::int64_t keep_seconds = 86400;  ///< after the last use
    std::int64_t max_bytes = 0;
    std::int64_t max_count = 0;
};

}  // namespace virga::volume::host::files
