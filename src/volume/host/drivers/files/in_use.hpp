#pragma once
#include <string>

namespace virga::volume::host::files {

/// Whether a running QEMU has the disk open for writing. QEMU marks that by a lock on byte 101 of the file (100 is the
/// base of its permission locks, 1 the bit for writing; see block/file-posix.c).
bool is_open_by_guest(const std::string& path);

}  // namespace virga::volume::host::files
