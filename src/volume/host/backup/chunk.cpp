#include "volume/host/backup/chunk.hpp"

#include <zstd.h>

#include <cstring>

#include "base/error.hpp"

namespace virga::volume::host::backup {
namespace {

/// The fastest level: beside it the disk is the bound, not the processor.
constexpr int kLevel = 1;
/// Data that shrink by less than a sixteenth are stored as they are, so that a restore needn't expand them.
constexpr std::size_t kLeastGain = 16;

/// Tried first, out of the middle: data that are compressed already cost little.
constexpr std::size_t kSampleBytes = 64 * 1024;

}  // namespace

std::string_view to_string(Codec codec) {
    switch (codec) {
        case Codec::Raw:
            return "raw";
        case Codec::Zstd:
            return "zstd";
    }
    return "raw";
}

bool is_zero(std::string_view data) {
    return data.empty() || (data.front() == '\0' && std::memcmp(data.data(), data.data() + 1, data.size() - 1) == 0);
}

struct Compressor::Impl {
    ZSTD_CCtx* compressing = ZSTD_createCCtx();
    ZSTD_DCtx* expanding = ZSTD_createDCtx();
    std::string buffer;

    std::string_view compress(std::string_view data) {
        const auto room = data.size() - data.size() / kLeastGain;
        buffer.resize(room);
        const auto size = ZSTD_compressCCtx(compressing, buffer.data(), room, data.data(), data.size(), kLevel);
        if (ZSTD_isError(size) != 0U) return {};
        return {buffer.data(), size};
    }

    ~Impl() {
        ZSTD_freeCCtx(compressing);
        ZSTD_freeDCtx(expanding);
    }
};

Compressor::Compressor() : impl_(std::make_unique<Impl>()) {
    if (impl_->compressing == nullptr || impl_->expanding == nullptr)
        throw Error(ErrorCode::Internal, "no memory to compress a backup");
}

Compressor::~Compressor() = default;

std::string_view Compressor::compress(std::string_view data) {
    const auto sample = data.substr(data.size() / 2, kSampleBytes);
    if (data.size() > 2 * kSampleBytes && impl_->compress(sample).empty()) return {};
    return impl_->compress(data);
}

bool Compressor::expand(std::string_view stored, std::string& plain) {
    const auto size = ZSTD_decompressDCtx(impl_->expanding, plain.data(), plain.size(), stored.data(), stored.size());
    return ZSTD_isError(size) == 0U && size == plain.size();
}

}  // namespace virga::volume::host::backup
