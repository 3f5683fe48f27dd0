#pragma once
#include <string_view>

namespace virga::image::format {

/// Refuses (Error{InvalidInput}) a descriptor with anything but the known header fields, the disk database (ddb.*) and
/// exactly one sparse extent in the image itself; a subformat other than monolithicSparse and streamOptimized; a
/// parent.
void check_vmdk_descriptor(std::string_view text);

}  // namespace virga::image::format
