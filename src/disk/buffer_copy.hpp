#pragma once
#include <cstdint>
#include <memory>
#include <optional>

#include "disk/file.hpp"

namespace virga::disk {

/// Copies pieces of a file through a buffer, for file systems between which the kernel can't copy. They are written
/// past the page cache where the target's file system can do O_DIRECT: a mounted share takes large requests faster than
/// it takes pages, and what a copy writes is read by guests, which don't use the page cache either.
class BufferCopy {
public:
    /// Both files must outlive it.
    BufferCopy(const File& from, File& to);

    /// Copies at most `length` (> 0) bytes to the same offset; how many. 0 only at the end of the source. Throws
    /// NoSpace.
    std::int64_t copy(std::int64_t offset, std::int64_t length);

private:
    struct Free {
        void operator()(char* buffer) const;
    };

    void write(std::int64_t offset, std::string_view data);

    const File& from_;
    File& to_;
    std::optional<File> direct_;  ///< the target again; none where it can't be
    std::unique_ptr<char, Free> buffer_;
};

}  // namespace virga::disk
