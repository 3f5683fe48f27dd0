#include "base/error.hpp"
#include "image/format/inspector.hpp"

namespace virga::image {
namespace {

// qemu's names differ in one case; what is a plain disk is raw to every tool.
std::string tool_format(const std::string& found) {
    if (found == "gpt" || found == "iso") return "raw";
    if (found == "vhd") return "vpc";
    return found;
}

}  // namespace

std::string check_declared(const std::string& declared_disk_format, const Inspection& found) {
    if (declared_disk_format == "ami" || declared_disk_format == "aki" || declared_disk_format == "ari") return "raw";
    const bool plain_disk = declared_disk_format == "raw" && found.format == "gpt";
    if (declared_disk_format != found.format && !plain_disk) {
        throw Error(ErrorCode::InvalidInput, "The image can't be accepted: disk_format is '" + declared_disk_format +
                                                 "', but the content is " + found.format + ".");
    }
    return tool_format(found.format);
}

}  // namespace virga::image
