#pragma once
#include "disk/disk.hpp"

namespace virga::disk {

struct Conversion {
    std::string from;
    std::string from_format;
    std::string to;
    std::string to_format;
    std::int64_t virtual_bytes = 0;  ///< as inspected; 0: unknown
    std::int64_t file_bytes = 0;     ///< largest target file; 0: not limited
    std::string options = {};        ///< of the target's format, as -o takes them
    Secret key = {};                 ///< of the qcow2 among the two; see disk.hpp
    bool alone = false;              ///< `from` stands on nothing, whatever its header says
    std::int64_t data_bytes = 0;     ///< of the disk, to be read or expanded; 0: what the source takes on its storage
};

/// `qemu-img convert` straight into `to`, synced, no renaming; what is there is overwritten. Leaves a partial file on
/// failure. Returns the bytes that the target takes on the disk.
std::int64_t convert_into(const Conversion& conversion, const Progress& progress, const Cancelled& cancelled);

/// Largest sensible file of this format for a virtual size: the data, tables and some slack.
std::int64_t file_bound(const std::string& format, std::int64_t virtual_bytes);

}  // namespace virga::disk
