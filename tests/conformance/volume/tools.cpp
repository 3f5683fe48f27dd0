#include "conformance/volume/tools.hpp"

#include <cstdlib>
#include <filesystem>

#include "base/crypto.hpp"
#include "base/ids.hpp"
#include "base/process.hpp"
#include "disk/disk.hpp"
#include "disk/file.hpp"

namespace virga::volume::host::test {

namespace {

std::string file_digest(const std::string& path) {
    const auto file = disk::File::open_for_reading(path);
    Hasher hasher(HashAlgorithm::Sha512);
    for (std::int64_t offset = 0; offset < file.size(); offset += 1 << 20) hasher.update(file.read_at(offset, 1 << 20));
    return hasher.finish();
}

}  // namespace

std::string tool(const std::vector<std::string>& argv) {
    const auto result = run_process(argv);
    EXPECT_EQ(result.exit_code, 0) << argv[0] << ": " << result.err << result.out;
    return result.out;
}

void write_pattern(const VolumeFile& file, int pattern, const std::string& offset, const std::string& length) {
    tool({"qemu-io", "-f", file.format, "-c", "write -P " + std::to_string(pattern) + " " + offset + " " + length,
          file.path});
}

bool reads_as(const VolumeFile& file, int pattern, const std::string& offset, const std::string& length) {
    const auto out = tool({"qemu-io", "-r", "-f", file.format, "-c",
                           "read -P " + std::to_string(pattern) + " " + offset + " " + length, file.path});
    return out.find("verification failed") == std::string::npos && out.find("bytes at offset") != std::string::npos;
}

void keep_content(const VolumeFile& file, const std::string& raw) {
    tool({"qemu-img", "convert", "-f", file.format, "-O", "raw", file.path, raw});
}

bool has_content(const VolumeFile& file, const std::string& raw) {
    return run_process({"qemu-img", "compare", "-q", "-f", file.format, "-F", "raw", file.path, raw}).exit_code == 0;
}

Folder::Folder(const std::string& parent) {
    path_ = parent + "/virga-conformance-XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) throw_errno(ErrorCode::Internal, "mkdtemp " + path_, errno);
}

Folder::~Folder() {
    std::filesystem::remove_all(path_);
}

ImageSource source_of(const std::string& path, const std::string& format) {
    return {derived_uuid("6ba7b810-9dad-11d1-80b4-00c04fd430c8", path),
            path,
            format,
            "bare",
            disk::File::open_for_reading(path).size(),
            file_digest(path)};
}

ImageSource make_image(const Folder& folder, const std::string& format, int mib) {
    const auto raw = folder.at("image-" + std::to_string(mib) + ".raw");
    disk::remove_file(raw);
    disk::create_raw(raw, static_cast<std::int64_t>(mib) << 20);
    write_pattern({raw, "raw", 1}, 0x11, "0", "1M");
    if (format == "raw") return source_of(raw, "raw");
    const auto path = folder.at("image-" + std::to_string(mib) + "." + format);
    tool({"qemu-img", "convert", "-c", "-f", "raw", "-O", format, raw, path});
    return source_of(path, format);
}

std::vector<std::string> volume_files(const std::string& folder) {
    std::vector<std::string> result;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const auto name = entry.path().filename().string();
        if (name.starts_with("volume-")) result.push_back(name);
    }
    return result;
}

}  // namespace virga::volume::host::test
