#pragma once
#include <optional>
#include <string>
#include <vector>

#include "disk/format.hpp"

namespace virga::compute::virt {

/// A file below a disk, and what it is to be opened as.
struct ChainLink {
    std::string path;
    disk::Format format = disk::Format::Raw;
};

/// The backing file that the header of a qcow2 names, resolved against the file's folder; nullopt when it has none.
/// Only for files whose *recorded* format is qcow2: a guest writes the payload of such a file, never its header.
/// Throws Error{NotFound} when the file is missing, Error{Corrupt} when the header is not qcow2 or names a backing file
/// without saying its format.
std::optional<ChainLink> backing_of(const std::string& qcow2_path);

/// Everything below a disk, nearest first; ends at the first raw file, which is never looked into. Throws as above, and
/// Error{Corrupt} when the chain is longer than 64 files.
std::vector<ChainLink> backing_chain(const std::string& path, disk::Format format);

}  // namespace virga::compute::virt
