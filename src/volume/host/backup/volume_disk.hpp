#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/secret.hpp"
#include "volume/host_commands.hpp"

namespace virga::volume::host::backup {

/// The guest's view of a volume, whatever its file's format is. The format is told, never found out. Thread-safe.
class VolumeDisk {
public:
    virtual ~VolumeDisk() = default;

    virtual std::int64_t size() const = 0;
    /// Start of the first data at or after `offset`; size() when only zeros follow. What lies between isn't read.
    virtual std::int64_t next_data(std::int64_t offset) = 0;
    virtual void read(std::int64_t offset, std::span<char> into) = 0;
    /// Throws NoSpace.
    virtual void write(std::int64_t offset, std::string_view data) = 0;
    /// Makes a range read as zeros, giving its space back where that is possible.
    virtual void zero(std::int64_t offset, std::int64_t length) = 0;
    virtual void sync() = 0;
};

enum class Access { Read, Write };

/// Opens the file of a volume: raw and, to read, qcow2 by itself, qcow2 to write through qemu-nbd with its explicit
/// format. One that is encrypted is read through qemu-nbd, too, by its key. Throws NotFound, Busy (a guest writes to
/// it, or a wrong key), NotSupported (another format).
std::unique_ptr<VolumeDisk> open_volume(const VolumeFile& file, Access access, const Secret& key = {});
/// A disk of zeros that forgets what is written: for drivers that keep no data.
std::unique_ptr<VolumeDisk> open_nothing(std::int64_t size_bytes);

}  // namespace virga::volume::host::backup
