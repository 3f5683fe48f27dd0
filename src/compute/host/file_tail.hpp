#pragma once
#include <cstdint>
#include <string>

namespace virga::compute::host {

/// The last `max_bytes` of a file; empty when it is missing. Throws Error{Internal} when it can't be read.
std::string file_tail(const std::string& path, std::int64_t max_bytes);

}  // namespace virga::compute::host
