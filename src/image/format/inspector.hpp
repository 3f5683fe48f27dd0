#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace virga::image {

/// What the content of an image is.
struct Inspection {
    std::string format;  ///< raw, qcow2, qed, vmdk, vhd, vhdx, vdi, iso, gpt, luks
    std::optional<std::int64_t>
        virtual_size_bytes;  ///< nullopt where the header doesn't tell; for raw: the file's size
};

/// Looks at an image as it streams by, in bounded memory, with bounded work per byte. Never executes nor opens
/// anything. Follows block-devices.md 10: exactly one recogniser may match (iso with gpt is iso), a file shorter than a
/// header is raw; qcow2 with backing file, external data file or unknown feature bits, every qed, and unsafe vmdk and
/// gpt are refused.
class Inspector {
public:
    Inspector();
    ~Inspector();
    void update(std::string_view data);
    /// Call once, after the last byte. Throws Error{InvalidInput} that says what is unacceptable.
    Inspection finish();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Inspects a file without reading more of it than the recognisers need. Throws Error{NotFound} when it is missing.
Inspection inspect_file(const std::string& path);

/// Compares what was declared with what was found: equal, or raw declared and gpt found, or ami/aki/ari (not compared,
/// treated as raw). Returns the format that tools have to be told ("raw", "qcow2", ...). Throws Error{InvalidInput}
/// otherwise.
std::string check_declared(const std::string& declared_disk_format, const Inspection& found);

}  // namespace virga::image
