#include "conformance/volume/tools.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/crypto.hpp"
#include "base/ids.hpp"
#include "base/process.hpp"
#include "conformance/volume/keyed_driver.hpp"
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

Opened::Opened(const VolumeFile& file) : file_(file) {
    if (!file.encryption.empty()) key_ = std::make_unique<disk::KeyFile>(test_key());
}

std::vector<std::string> Opened::in(std::vector<std::string> words, const std::string& format) const {
    const auto place = std::find(words.begin(), words.end(), "FILE");
    const auto subcommand = words[0] == "qemu-img" ? 2 : 1;
    *place = key_ ? disk::keyed_disk(file_.path, file_.format) : file_.path;
    const auto more = key_ ? key_->arguments() : std::vector<std::string>{format, file_.format};
    words.insert(words.begin() + subcommand, more.begin(), more.end());
    return words;
}

std::string tool(const std::vector<std::string>& argv) {
    const auto result = run_process(argv);
    EXPECT_EQ(result.exit_code, 0) << argv[0] << ": " << result.err << result.out;
    return result.out;
}

void write_pattern(const VolumeFile& file, int pattern, const std::string& offset, const std::string& length) {
    const auto command = "write -P " + std::to_string(pattern) + " " + offset + " " + length;
    const Opened opened(file);
    tool(opened.in({"qemu-io", "-c", command, "FILE"}));
}

bool reads_as(const VolumeFile& file, int pattern, const std::string& offset, const std::string& length) {
    const auto command = "read -P " + std::to_string(pattern) + " " + offset + " " + length;
    const Opened opened(file);
    const auto out = tool(opened.in({"qemu-io", "-r", "-c", command, "FILE"}));
    return out.find("verification failed") == std::string::npos && out.find("bytes at offset") != std::string::npos;
}

void keep_content(const VolumeFile& file, const std::string& raw) {
    const Opened opened(file);
    tool(opened.in({"qemu-img", "convert", "-O", "raw", "FILE", raw}));
}

bool has_content(const VolumeFile& file, const std::string& raw) {
    const Opened opened(file);
    return run_process(opened.in({"qemu-img", "compare", "-q", "-F", "raw", "FILE", raw})).exit_code == 0;
}

Folder::Folder(const std::string& parent) {
    path_ = parent + "/virga-conformance-XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) throw_errno(ErrorCode::Internal, "mkdtemp " + path_, errno);
}

Folder::~Folder() {
    std::error_code failure;  // what is thrown here would end all tests
    std::filesystem::remove_all(path_, failure);
    if (failure) ADD_FAILURE() << path_ << " can't be removed: " << failure.message();
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
