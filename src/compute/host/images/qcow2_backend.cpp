#include "compute/host/images/qcow2_backend.hpp"

#include "base/error.hpp"
#include "compute/host/images/disk_size.hpp"
#include "disk/disk.hpp"
#include "disk/file.hpp"
#include "image/format/inspector.hpp"

namespace virga::compute::host {
namespace {

// A raw base is opened as raw, whatever it holds; one in qcow2 is looked at again before anything is built on it.
void inspect_again(const BaseImage& base) {
    if (base.format != disk::Format::Qcow2) return;
    const auto found = image::inspect_file(base.path);
    if (found.format != to_string(base.format))
        throw Error(ErrorCode::Corrupt, "cached image '" + base.path + "' is recorded as " + to_string(base.format) +
                                            " but its content is " + found.format);
}

}  // namespace

MadeDisk Qcow2Backend::create_image(const BaseImage& base, const std::string& path, std::int64_t size_bytes,
                                    const FetchHooks&) {
    const auto size = disk_size(base, size_bytes);
    inspect_again(base);
    disk::create_qcow2(path, size, disk::Backing{base.path, to_string(base.format)});
    return {disk::Format::Qcow2, base.path};
}

}  // namespace virga::compute::host
