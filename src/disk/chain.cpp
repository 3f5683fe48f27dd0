#include "base/error.hpp"
#include "disk/disk.hpp"
#include "disk/file.hpp"
#include "disk/keyed.hpp"
#include "disk/layers.hpp"
#include "disk/qemu_img.hpp"

namespace virga::disk {

void rebase_unsafe(const std::string& path, const Backing& backing, const Secret& key) {
    std::vector<std::string> arguments{"rebase", "-q", "-u", "-F", backing.format, "-b", backing.path};
    if (key.empty())
        arguments.insert(arguments.end(), {"-f", "qcow2", path});
    else
        arguments.push_back(keyed_layer(path));
    run_qemu_img(std::move(arguments), {.what = "re-point disk", .files = {{path, true}}, .key = key});
    File::open_for_writing(path).sync();
}

void rebase(const std::string& path, const std::optional<Backing>& backing) {
    std::vector<std::string> arguments{"rebase", "-q", "-t", "writeback", "-f", "qcow2"};
    if (backing) arguments.insert(arguments.end(), {"-F", backing->format});
    arguments.insert(arguments.end(), {"-b", backing ? backing->path : "", path});
    auto files = files_of(path, "qcow2", Use::Write);
    if (backing) {
        const auto below = backing->path.starts_with('/') ? backing->path : folder_of(path) + "/" + backing->path;
        for (auto& file : files_of(below, backing->format, Use::Read)) files.push_back(std::move(file));
    }
    run_qemu_img(
        std::move(arguments),
        {.what = "put disk on another layer", .files = std::move(files), .work_bytes = virtual_size(path, "qcow2")});
    File::open_for_writing(path).sync();
}

// -d: the overlay isn't emptied afterwards, so that until the caller has dropped it the chain reads the same.
void commit(const std::string& path, const Cancelled& cancelled, const Secret& key) {
    const auto bytes = allocated_bytes(path);
    std::vector<std::string> arguments{"commit", "-q", "-d", "-t", "writeback"};
    if (key.empty())
        arguments.insert(arguments.end(), {"-f", "qcow2", path});
    else
        arguments.push_back(keyed_disk(path, "qcow2"));
    auto files = files_of(path, "qcow2", Use::Write);
    if (files.size() > 1) files[1].writable = true;
    run_qemu_img(
        std::move(arguments),
        {.what = "merge disk", .files = std::move(files), .work_bytes = bytes, .watch = cancelled, .key = key});
}

}  // namespace virga::disk
