#pragma once
#include <string>
#include <vector>

#include "base/sandbox.hpp"
#include "base/secret.hpp"

/// How QEMU's tools are told of encrypted disks.
namespace virga::disk {

/// A key in a file in memory, which nothing but this process and the programs that it runs can open, for as long as the
/// object lives.
class KeyFile {
public:
    explicit KeyFile(const Secret& key);
    ~KeyFile();
    KeyFile(const KeyFile&) = delete;
    KeyFile& operator=(const KeyFile&) = delete;

    /// Two arguments that make the key known to a tool, under the name that keyed_disk() uses.
    std::vector<std::string> arguments() const;
    /// For a tool in the sandbox.
    SandboxFile file() const;

private:
    std::string path() const;

    int fd_ = -1;
};

/// A disk in place of a file name: the format of the file and of each one beneath it is said, and that the qcow2 among
/// them are encrypted.
std::string keyed_disk(const std::string& path, const std::string& format);
/// The same without what is beneath, which isn't opened.
std::string keyed_layer(const std::string& path);
/// As keyed_layer(), in the words of --target-image-opts.
std::string keyed_options(const std::string& path);

}  // namespace virga::disk
