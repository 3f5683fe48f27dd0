#pragma once
#include <libvirt/libvirt.h>

#include <string>
#include <vector>

namespace virga::compute::virt::libvirt {

/// Files that the emulator of a running guest has open for a disk, the one that it writes to first. Asked of the
/// emulator itself: libvirt's own record may lag behind it when the host was killed in the middle of a change.
/// `alias` is the device's. Empty when the guest has no such device. Throws Error{Internal}.
std::vector<std::string> open_files(virDomainPtr domain, const std::string& alias);

/// Has the emulator write to the files, and sync, what it holds in memory of a disk: the guest's data and the tables of
/// the image formats. Throws Error{Internal}.
void flush(virDomainPtr domain, const std::string& alias);

/// Has the emulator read a piece of a disk, whatever comes of it: it notices then that a connection was lost, and makes
/// a new one. Throws Error{Internal} when it can't be asked.
void touch(virDomainPtr domain, const std::string& alias);

/// The file that a QEMU node name stands for: a plain path, or the path inside of a "json:{...}" name.
std::string file_of_node(const std::string& filename);

}  // namespace virga::compute::virt::libvirt
