#include "compute/host/images/iso_image.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <memory>
#include <set>

#include "base/error.hpp"

namespace virga::compute::host {
namespace {

struct FreeArchive {
    void operator()(archive* a) const { archive_write_free(a); }
};
struct FreeEntry {
    void operator()(archive_entry* e) const { archive_entry_free(e); }
};
using Archive = std::unique_ptr<archive, FreeArchive>;
using Entry = std::unique_ptr<archive_entry, FreeEntry>;

void check(archive* a, int result) {
    if (result == ARCHIVE_OK) return;
    const auto code = archive_errno(a) == ENOSPC ? ErrorCode::NoSpace : ErrorCode::Internal;
    const char* reason = archive_error_string(a);
    throw Error(code, std::string("the config drive could not be composed: ") + (reason == nullptr ? "" : reason));
}

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
}

bool is_plain_name(std::string_view name) {
    return !name.empty() && name != "." && name != ".." && std::all_of(name.begin(), name.end(), is_plain);
}

bool is_plain_path(std::string_view path) {
    while (true) {
        const auto slash = path.find('/');
        if (!is_plain_name(path.substr(0, slash))) return false;
        if (slash == std::string_view::npos) return true;
        path.remove_prefix(slash + 1);
    }
}

la_ssize_t append(archive*, void* image, const void* data, std::size_t size) {
    static_cast<std::string*>(image)->append(static_cast<const char*>(data), size);
    return static_cast<la_ssize_t>(size);
}

Archive open_image(std::string& image, const std::string& label) {
    Archive a(archive_write_new());
    if (!a) throw Error(ErrorCode::Internal, "the config drive could not be composed: no memory");
    check(a.get(), archive_write_set_format_iso9660(a.get()));
    check(a.get(), archive_write_set_options(a.get(), ("rockridge,joliet,!pad,volume-id=" + label).c_str()));
    check(a.get(), archive_write_open(a.get(), &image, nullptr, append, nullptr));
    return a;
}

void add_entry(archive* a, const std::string& path, bool folder, std::size_t size, std::time_t time) {
    const Entry entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), path.c_str());
    archive_entry_set_filetype(entry.get(), folder ? AE_IFDIR : AE_IFREG);
    archive_entry_set_perm(entry.get(), folder ? 0555 : 0444);
    archive_entry_set_mtime(entry.get(), time, 0);
    archive_entry_set_ctime(entry.get(), time, 0);
    archive_entry_set_atime(entry.get(), time, 0);
    if (!folder) archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
    check(a, archive_write_header(a, entry.get()));
}

void add_folders(archive* a, const std::string& path, std::set<std::string>& made, std::time_t time) {
    for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
        const auto folder = path.substr(0, slash);
        if (made.insert(folder).second) add_entry(a, folder, true, 0, time);
    }
}

void add_file(archive* a, const IsoFile& file, std::time_t time) {
    add_entry(a, file.path, false, file.content.size(), time);
    const auto written = archive_write_data(a, file.content.data(), file.content.size());
    if (written != static_cast<la_ssize_t>(file.content.size())) check(a, ARCHIVE_FATAL);
}

// The library keeps to the letters of the standard, "CONFIG_2"; guests look for "config-2".
void write_label(std::string& image, const std::string& label) {
    constexpr std::size_t kLabelAt = 16 * 2048 + 40;
    constexpr std::size_t kLabelSize = 32;
    if (image.size() < kLabelAt + kLabelSize) throw Error(ErrorCode::Internal, "the config drive came out too small");
    image.replace(kLabelAt, kLabelSize, label + std::string(kLabelSize - label.size(), ' '));
}

}  // namespace

std::string iso_image(const std::vector<IsoFile>& files, const std::string& label) {
    constexpr std::size_t kLongestLabel = 16;
    if (!is_plain_name(label) || label.size() > kLongestLabel)
        throw Error(ErrorCode::InvalidInput, "the label of a config drive must be a name of 1 to 16 characters");
    std::string image;
    auto a = open_image(image, label);
    const auto time = std::time(nullptr);
    std::set<std::string> made;
    for (const auto& file : files) {
        if (!is_plain_path(file.path))
            throw Error(ErrorCode::InvalidInput, "'" + file.path + "' can't be the path of a file in a config drive");
        add_folders(a.get(), file.path, made, time);
        if (!made.insert(file.path).second)
            throw Error(ErrorCode::InvalidInput, "'" + file.path + "' is twice in a config drive");
        add_file(a.get(), file, time);
    }
    check(a.get(), archive_write_close(a.get()));
    a.reset();
    write_label(image, label);
    return image;
}

}  // namespace virga::compute::host
