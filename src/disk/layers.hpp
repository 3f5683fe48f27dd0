#pragma once
#include <string>
#include <vector>

#include "base/sandbox.hpp"

namespace virga::disk {

/// A file of a disk.
struct Layer {
    std::string path;
    std::string format;
};

/// The disk's file and all beneath it, top first, as the headers of the qcow2 among them say it. Every one must lie in
/// the top file's folder or below, and no link may lead to it. Throws
/// Error{Corrupt}, and Error{NotFound} when one is missing.
std::vector<Layer> layers_of(const std::string& path, const std::string& format);

/// The files of a disk for a tool that writes to the top one at most.
enum class Use { Read, Write };
std::vector<SandboxFile> files_of(const std::string& path, const std::string& format, Use use);

}  // namespace virga::disk
