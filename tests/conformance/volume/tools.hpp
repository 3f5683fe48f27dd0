#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "disk/keyed.hpp"
#include "image/image_source.hpp"
#include "volume/host/drivers/driver.hpp"

namespace virga::volume::host::test {

/// Words that make QEMU's tools open the file: its name and explicit format, or, when it is encrypted, with its key.
class Opened {
public:
    explicit Opened(const VolumeFile& file);
    /// `words` with the file's words in place of "FILE"; `format` is the option that gives the format.
    std::vector<std::string> in(std::vector<std::string> words, const std::string& format = "-f") const;

private:
    const VolumeFile& file_;
    std::unique_ptr<disk::KeyFile> key_;
};

/// Runs a program; a failure fails the test. Returns its output.
std::string tool(const std::vector<std::string>& argv);
void write_pattern(const VolumeFile& file, int pattern, const std::string& offset, const std::string& length);
/// Whether the range reads as the pattern.
bool reads_as(const VolumeFile& file, int pattern, const std::string& offset, const std::string& length);
/// Copies the whole content to a raw file, and compares with one byte by byte.
void keep_content(const VolumeFile& file, const std::string& raw);
bool has_content(const VolumeFile& file, const std::string& raw);
/// A folder of its own, removed at the end.
class Folder {
public:
    explicit Folder(const std::string& parent);
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string at(const std::string& name) const { return path_ + "/" + name; }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};
/// An image of `mib` with 0x11 in its first MiB; format raw or qcow2 (compressed).
ImageSource make_image(const Folder& folder, const std::string& format, int mib);
ImageSource source_of(const std::string& path, const std::string& format);
/// Files of the backend that belong to volumes (bases not counted).
std::vector<std::string> volume_files(const std::string& folder);

template <class F>
ErrorCode code_of(F function) {
    try {
        function();
    } catch (const Error& e) {
        return e.code();
    }
    ADD_FAILURE() << "nothing was thrown";
    return ErrorCode::Internal;
}

}  // namespace virga::volume::host::test
