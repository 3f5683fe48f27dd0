#pragma once
#include <cstdint>

#include "disk/file.hpp"

namespace virga::volume::host::backup {

/// Writes, and begins the write-back of every 8 MiB that were passed, so that the sync at the end has little left to
/// wait for and the file still gets long extents. What lies further back is waited for and leaves the page cache: a
/// copy of a terabyte neither piles up as dirty memory nor drives out what guests use.
void write_behind(disk::File& file, std::int64_t offset, std::string_view data);

}  // namespace virga::volume::host::backup
