#pragma once
#include <string>
#include <string_view>

namespace virga::disk {

/// Of a file that a guest is given as a disk, or that such a file stands on. It is always told, never found out from
/// the content. Images may have others, which are converted first.
enum class Format { Raw, Qcow2 };

/// "raw", "qcow2": what QEMU, libvirt and Virga's records call it.
std::string to_string(Format format);
/// Throws Error{InvalidInput} for all else.
Format format_of(std::string_view text);

}  // namespace virga::disk
