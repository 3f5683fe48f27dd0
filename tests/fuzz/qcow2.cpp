#include <functional>

#include "base/error.hpp"
#include "compute/virt/qcow2_chain.hpp"
#include "disk/disk.hpp"
#include "disk/layers.hpp"
#include "fuzz/scratch.hpp"
#include "fuzz/targets.hpp"
#include "image/format/tables.hpp"

namespace virga::fuzz {
namespace {

/// What can't be read is the file's fault, and is said to be.
void read(const std::function<void()>& reader) {
    try {
        reader();
    } catch (const Error& failure) {
        const auto code = failure.code();
        if (code != ErrorCode::Corrupt && code != ErrorCode::InvalidInput && code != ErrorCode::NotFound)
            throw Finding("not told to be the file's fault: " + failure.message());
    }
}

}  // namespace

void qcow2(std::string_view input) {
    static const Scratch scratch;
    const auto [top, below] = two_files(input);
    const auto path = scratch.write("top", top);
    scratch.write("below", below);
    read([&] {
        if (disk::virtual_size(path, "qcow2") < 0) throw Finding("a size below 0");
    });
    read([&] { disk::qcow2_is_encrypted(path); });
    read([&] { disk::qcow2_is_empty(path); });
    read([&] {
        if (image::check_tables(path, "qcow2") < 0) throw Finding("data below 0");
    });
    read([&] {
        for (const auto& layer : disk::layers_of(path, "qcow2")) {
            if (!layer.path.starts_with(scratch.at(""))) throw Finding("a file outside of the folder: " + layer.path);
        }
    });
    read([&] {
        for (const auto& link : compute::virt::backing_chain(path, disk::Format::Qcow2)) {
            if (link.path.empty()) throw Finding("a layer without a name");
        }
    });
}

}  // namespace virga::fuzz
