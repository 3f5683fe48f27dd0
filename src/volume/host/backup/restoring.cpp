#include "volume/host/backup/restoring.hpp"

#include <algorithm>
#include <mutex>
#include <span>

#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "volume/host/backup/workers.hpp"

namespace virga::volume::host::backup {
namespace {

constexpr std::size_t kBlockBytes = 64 * 1024;  ///< zeros within a chunk become holes in blocks of this size

/// A chunk and the gap before it, or only a gap.
struct Job {
    std::int64_t gap_begin = 0;
    std::int64_t gap_end = 0;
    std::optional<Chunk> chunk;
};

class Jobs {
public:
    Jobs(ManifestReader& manifest, std::int64_t disk_bytes, const Call& call)
        : manifest_(manifest), disk_bytes_(disk_bytes), call_(call) {}

    std::optional<Job> take() {
        const std::lock_guard lock(mutex_);
        if (call_.cancelled && call_.cancelled()) throw Error(ErrorCode::Cancelled, "the restore was cancelled");
        if (position_ >= disk_bytes_) return std::nullopt;
        Job job{position_, disk_bytes_, manifest_.next()};
        if (job.chunk) job.gap_end = job.chunk->index * manifest_.header().chunk_bytes;
        position_ = job.chunk ? std::min(job.gap_end + manifest_.header().chunk_bytes, manifest_.header().size_bytes)
                              : disk_bytes_;
        if (call_.progress)
            call_.progress(std::min(position_, manifest_.header().size_bytes), manifest_.header().size_bytes);
        return job;
    }

private:
    ManifestReader& manifest_;
    std::int64_t disk_bytes_;
    const Call& call_;
    std::mutex mutex_;
    std::int64_t position_ = 0;
};

class Worker {
public:
    Worker(const Header& header, const std::vector<disk::File>& owners, const ChunkCipher& cipher, VolumeDisk& disk)
        : header_(header), owners_(owners), cipher_(cipher), disk_(disk) {}

    std::int64_t run(const Job& job) {
        if (job.gap_end > job.gap_begin) disk_.zero(job.gap_begin, job.gap_end - job.gap_begin);
        if (!job.chunk) return 0;
        load(*job.chunk);
        return write(job.chunk->index * header_.chunk_bytes);
    }

private:
    void load(const Chunk& chunk) {
        const auto& owner = owners_[static_cast<std::size_t>(chunk.owner)];
        stored_.resize(static_cast<std::size_t>(chunk.stored_bytes));
        if (owner.read_at(chunk.offset, std::span(stored_)) != stored_.size()) damaged(chunk, "is cut off");
        const auto bytes = std::min(header_.chunk_bytes, header_.size_bytes - chunk.index * header_.chunk_bytes);
        plain_ = decrypted(chunk);
        if (chunk.codec == Codec::Zstd) {
            expanded_.resize(static_cast<std::size_t>(bytes));
            if (!expander_.expand(plain_, expanded_)) damaged(chunk, "can't be expanded");
            plain_ = expanded_;
        }
        if (plain_.size() != static_cast<std::size_t>(bytes) || cipher_.digest(plain_) != chunk.sha256)
            damaged(chunk, "has the wrong digest");
    }

    std::string_view decrypted(const Chunk& chunk) {
        try {
            return cipher_.decrypt(stored_, header_.owners[static_cast<std::size_t>(chunk.owner)], chunk.index,
                                   opened_);
        } catch (const Error&) {
            damaged(chunk, "can't be decrypted");
        }
    }

    [[noreturn]] void damaged(const Chunk& chunk, const std::string& why) const {
        throw Error(ErrorCode::Corrupt, "Backup " + header_.id + " is damaged: chunk " + std::to_string(chunk.index) +
                                            " in the data of backup " +
                                            header_.owners[static_cast<std::size_t>(chunk.owner)] + " " + why + ".");
    }

    /// Runs of blocks that are all zeros, or all not.
    std::int64_t write(std::int64_t offset) {
        std::int64_t written = 0;
        for (std::size_t begin = 0; begin < plain_.size();) {
            const bool zero = is_zero(plain_.substr(begin, kBlockBytes));
            auto end = begin;
            while (end < plain_.size() && is_zero(plain_.substr(end, kBlockBytes)) == zero) end += kBlockBytes;
            end = std::min(end, plain_.size());
            const auto place = offset + static_cast<std::int64_t>(begin);
            const auto length = static_cast<std::int64_t>(end - begin);
            if (zero) disk_.zero(place, length);
            if (!zero) disk_.write(place, plain_.substr(begin, end - begin));
            if (!zero) written += length;
            begin = end;
        }
        return written;
    }

    const Header& header_;
    const std::vector<disk::File>& owners_;
    const ChunkCipher& cipher_;
    VolumeDisk& disk_;
    Expander expander_;
    // Kept for all chunks: new memory costs more than a copy.
    std::string stored_;
    std::string opened_;
    std::string expanded_;
    std::string_view plain_;  ///< one of the three
};

}  // namespace

std::int64_t write_chunks(ManifestReader& manifest, const std::vector<disk::File>& owners, const ChunkCipher& cipher,
                          VolumeDisk& disk, const Call& call) {
    Jobs jobs(manifest, disk.size(), call);
    std::atomic<std::int64_t> written{0};
    run_workers(worker_count(), [&](const std::atomic<bool>& stop) {
        Worker worker(manifest.header(), owners, cipher, disk);
        while (!stop) {
            const auto job = jobs.take();
            if (!job) return;
            written += worker.run(*job);
            failpoint("volume.backup.restore.chunk");
        }
    });
    return written;
}

}  // namespace virga::volume::host::backup
