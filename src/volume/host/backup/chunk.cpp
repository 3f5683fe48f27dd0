#include "volume/host/backup/chunk.hpp"

#include <zstd.h>

#include <cstring>
#include <optional>

#include "base/confined_worker.hpp"
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
    std::string buffer;

    std::string_view compress(std::string_view data) {
        const auto room = data.size() - data.size() / kLeastGain;
        buffer.resize(room);
        const auto size = ZSTD_compressCCtx(compressing, buffer.data(), room, data.data(), data.size(), kLevel);
        if (ZSTD_isError(size) != 0U) return {};
        return {buffer.data(), size};
    }

    ~Impl() { ZSTD_freeCCtx(compressing); }
};

Compressor::Compressor() : impl_(std::make_unique<Impl>()) {
    if (impl_->compressing == nullptr) throw Error(ErrorCode::Internal, "no memory to compress a backup");
}

Compressor::~Compressor() = default;

std::string_view Compressor::compress(std::string_view data) {
    const auto sample = data.substr(data.size() / 2, kSampleBytes);
    if (data.size() > 2 * kSampleBytes && impl_->compress(sample).empty()) return {};
    return impl_->compress(data);
}

namespace {

/// Older formats have decoders of their own, which nothing of ours needs and which allocate.
bool is_one_frame(std::string_view stored) {
    constexpr std::string_view kMagic("\x28\xb5\x2f\xfd");
    return stored.starts_with(kMagic) && ZSTD_findFrameCompressedSize(stored.data(), stored.size()) == stored.size();
}

std::int64_t expand_frame(void* context, std::string_view stored, char* plain, std::size_t room) {
    if (!is_one_frame(stored)) return -1;
    const auto size = ZSTD_decompressDCtx(static_cast<ZSTD_DCtx*>(context), plain, room, stored.data(), stored.size());
    return ZSTD_isError(size) != 0U ? -1 : static_cast<std::int64_t>(size);
}

}  // namespace

struct Expander::Impl {
    ZSTD_DCtx* context = ZSTD_createDCtx();
    std::optional<ConfinedWorker> worker;  ///< from the first use on: many chunks are stored as they are

    ~Impl() { ZSTD_freeDCtx(context); }
};

Expander::Expander() : impl_(std::make_unique<Impl>()) {
    if (impl_->context == nullptr) throw Error(ErrorCode::Internal, "no memory to expand a backup");
}

Expander::~Expander() = default;

bool Expander::expand(std::string_view stored, std::string& plain) {
    if (!impl_->worker) impl_->worker.emplace(expand_frame, impl_->context, static_cast<std::size_t>(kMaxChunkBytes));
    return impl_->worker->call(stored, plain);
}

}  // namespace virga::volume::host::backup
