#include "base/error.hpp"
#include "disk/disk.hpp"
#include "disk/file.hpp"
#include "disk/keyed.hpp"
#include "disk/layers.hpp"
#include "disk/qemu_img.hpp"
#include "disk/reserve.hpp"

namespace virga::disk {

void create_raw(const std::string& path, std::int64_t size_bytes) {
    if (size_bytes <= 0) throw Error(ErrorCode::InvalidInput, "size of a disk must be over 0");
    if (exists(path)) {
        if (File::open_for_reading(path).size() == size_bytes) return;
        throw Error(ErrorCode::Conflict, "disk file " + path + " exists already with another size");
    }
    require_reserve(folder_of(path));
    const auto part = path + ".part";
    {
        auto file = File::create(part);
        file.resize(size_bytes);
        file.sync();
    }
    rename_durably(part, path);
}

void grow(const std::string& path, const std::string& format, std::int64_t size_bytes, const Secret& key) {
    if (virtual_size(path, format) >= size_bytes) return;
    require_reserve(folder_of(path));
    if (format == "raw") {
        auto file = File::open_for_writing(path);
        file.resize(size_bytes);
        file.sync();
        return;
    }
    std::vector<std::string> arguments{"resize", "-q"};
    if (key.empty())
        arguments.insert(arguments.end(), {"-f", "qcow2", path});
    else
        arguments.push_back(keyed_disk(path, format));
    arguments.push_back(std::to_string(size_bytes));
    run_qemu_img(std::move(arguments), {.what = "grow disk", .files = files_of(path, format, Use::Write), .key = key});
    File::open_for_writing(path).sync();
}

}  // namespace virga::disk
