#pragma once
#include <string>
#include <vector>

#include "compute/virt/driver.hpp"

namespace virga::compute::virt {

/// Checks that every driver makes before it touches anything: an id, memory and CPUs, one file per disk, absolute
/// paths. Throws Error{InvalidInput} that names the disk.
void check_guest(const GuestSpec& guest, const std::vector<DiskFile>& files);
void check_file(const GuestDisk& disk, const DiskFile& file);
/// A qcow2 file with an absolute path. Throws Error{InvalidInput}.
void check_overlay(const DiskFile& file);
/// A file with an absolute path. Throws Error{InvalidInput}.
void check_mirror(const DiskFile& file);

/// "vda" of "/dev/vda" or "vda".
std::string target_name(const GuestDisk& disk);

}  // namespace virga::compute::virt
