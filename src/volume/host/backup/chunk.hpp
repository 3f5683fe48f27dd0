#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

/// Chunks of a backup: the unit that is compared with the parent, compressed and verified.
namespace virga::volume::host::backup {

/// 1 MiB: small enough that a guest's scattered writes don't blow an incremental up, large enough that the manifest
/// (some 100 bytes a chunk) stays at a ten-thousandth of the data and a disk reads it at full speed.
inline constexpr std::int64_t kChunkBytes = 1024 * 1024;
/// The largest that is read.
inline constexpr std::int64_t kMaxChunkBytes = 64 * kChunkBytes;

enum class Codec { Raw, Zstd };
std::string_view to_string(Codec codec);

/// What a manifest says of one chunk that is not all zeros.
struct Chunk {
    std::int64_t index = 0;         ///< its place in the volume: byte index * chunk size
    std::int64_t owner = 0;         ///< which backup of the chain holds the data, as an index into Header::owners
    Codec codec = Codec::Raw;       ///< of the stored data
    std::int64_t offset = 0;        ///< in the owner's data file
    std::int64_t stored_bytes = 0;  ///< in the owner's data file
    std::string sha256;             ///< of the plain data, lowercase hex; keyed in an encrypted backup
};

bool is_zero(std::string_view data);

/// Compresses chunks, with one context for all: each thread has its own.
class Compressor {
public:
    Compressor();
    ~Compressor();
    Compressor(const Compressor&) = delete;
    Compressor& operator=(const Compressor&) = delete;

    /// The compressed form, valid until the next call, or nothing when it would save too little.
    std::string_view compress(std::string_view data);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Expands chunks in a process of the sandbox, since others may write to a store; each thread has its own.
class Expander {
public:
    Expander();
    ~Expander();
    Expander(const Expander&) = delete;
    Expander& operator=(const Expander&) = delete;

    /// Expands into `plain`, whose size must be met exactly: false otherwise, or when the data are damaged or anything
    /// but one frame of the present format. Throws Error{Unavailable} where there is no sandbox, or when its process
    /// dies again and again, which says nothing about the data.
    bool expand(std::string_view stored, std::string& plain);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace virga::volume::host::backup
