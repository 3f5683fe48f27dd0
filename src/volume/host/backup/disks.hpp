#pragma once
#include "disk/file.hpp"
#include "volume/host/backup/volume_disk.hpp"

namespace virga::volume::host::backup {

std::unique_ptr<VolumeDisk> open_raw(const std::string& path, Access access);
std::unique_ptr<VolumeDisk> open_qcow2(const std::string& path, Access access);
/// A qcow2 through a qemu-nbd of its own.
std::unique_ptr<VolumeDisk> open_with_qemu(const std::string& path, Access access, const Secret& key = {});

/// Fills `into` from a file and returns how much of it, which is less at the file's end.
std::size_t read_file(const disk::File& file, std::int64_t offset, std::span<char> into);

}  // namespace virga::volume::host::backup
