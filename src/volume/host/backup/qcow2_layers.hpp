#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "disk/file.hpp"

namespace virga::volume::host::backup {

/// Where a piece of what the guest sees is.
struct Piece {
    enum class Kind {
        Zero,
        Data,    ///< in `file`, at `offset`
        Foreign  ///< stored in a way that only QEMU reads (compressed)
    };
    Kind kind = Kind::Zero;
    const disk::File* file = nullptr;
    std::int64_t offset = 0;
    std::int64_t bytes = 0;  ///< how far it is so, at least
};

/// A qcow2 and the files beneath it, for reading by several threads, while nobody writes to any of them. See QEMU's
/// docs/interop/qcow2.txt for the meaning of the fields.
class Qcow2Layers {
public:
    /// The files beneath lie in its folder, see disk::layers_of. Throws NotFound (a file is missing), NotSupported (a
    /// feature that only QEMU knows), Corrupt.
    explicit Qcow2Layers(const std::string& path);
    ~Qcow2Layers();

    std::int64_t size() const;
    /// `offset` is below size().
    Piece find(std::int64_t offset) const;

private:
    struct Layer;

    std::vector<std::unique_ptr<Layer>> layers_;  ///< the top one first
};

}  // namespace virga::volume::host::backup
