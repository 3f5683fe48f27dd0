#include "base/error.hpp"
#include "disk/disk.hpp"
#include "disk/file.hpp"
#include "disk/qemu_img.hpp"

namespace virga::disk {

void rebase_unsafe(const std::string& path, const Backing& backing) {
    run_qemu_img({"rebase", "-q", "-u", "-f", "qcow2", "-F", backing.format, "-b", backing.path, path},
                 {.what = "re-point disk"});
    File::open_for_writing(path).sync();
}

void rebase(const std::string& path, const std::optional<Backing>& backing) {
    std::vector<std::string> arguments{"rebase", "-q", "-t", "writeback", "-f", "qcow2"};
    if (backing) arguments.insert(arguments.end(), {"-F", backing->format});
    arguments.insert(arguments.end(), {"-b", backing ? backing->path : "", path});
    run_qemu_img(std::move(arguments),
                 {.what = "put disk on another layer", .work_bytes = virtual_size(path, "qcow2")});
    File::open_for_writing(path).sync();
}

// -d: the overlay isn't emptied afterwards, so that until the caller has dropped it the chain reads the same.
void commit(const std::string& path, const Cancelled& cancelled) {
    const auto bytes = allocated_bytes(path);
    run_qemu_img({"commit", "-q", "-d", "-t", "writeback", "-f", "qcow2", path},
                 {.what = "merge disk", .work_bytes = bytes, .watch = cancelled});
}

}  // namespace virga::disk
