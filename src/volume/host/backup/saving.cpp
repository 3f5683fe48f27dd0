#include "volume/host/backup/saving.hpp"

#include <algorithm>
#include <map>
#include <mutex>

#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "disk/reserve.hpp"
#include "volume/host/backup/workers.hpp"
#include "volume/host/backup/write_behind.hpp"

namespace virga::volume::host::backup {
namespace {

/// A chunk that a worker took.
struct Job {
    std::int64_t number = 0;  ///< in the order of taking
    std::int64_t index = 0;
    std::int64_t bytes = 0;
    std::optional<Chunk> parent;  ///< the parent's chunk at this place
};

/// Hands out the chunks that have data, in rising order, each with what the parent says of it.
class Jobs {
public:
    Jobs(VolumeDisk& disk, ManifestReader* parent, const Call& call)
        : disk_(disk), parent_(parent), call_(call), size_(disk.size()) {}

    std::optional<Job> take() {
        const std::lock_guard lock(mutex_);
        if (call_.cancelled && call_.cancelled()) throw Error(ErrorCode::Cancelled, "the backup was cancelled");
        const auto offset = position_ < size_ ? disk_.next_data(position_) : size_;
        if (call_.progress) call_.progress(std::min(offset, size_), size_);
        if (offset >= size_) {
            position_ = size_;
            return std::nullopt;
        }
        Job job{taken_++, offset / kChunkBytes, 0, std::nullopt};
        const auto begin = job.index * kChunkBytes;
        job.bytes = std::min(kChunkBytes, size_ - begin);
        job.parent = parent_chunk(job.index);
        position_ = begin + job.bytes;
        return job;
    }

private:
    std::optional<Chunk> parent_chunk(std::int64_t index) {
        if (parent_ == nullptr) return std::nullopt;
        if (!started_) ahead_ = parent_->next();
        started_ = true;
        while (ahead_ && ahead_->index < index) ahead_ = parent_->next();
        if (!ahead_ || ahead_->index != index) return std::nullopt;
        return ahead_;
    }

    VolumeDisk& disk_;
    ManifestReader* parent_;
    const Call& call_;
    std::int64_t size_;
    std::mutex mutex_;
    std::int64_t position_ = 0;
    std::int64_t taken_ = 0;
    bool started_ = false;
    std::optional<Chunk> ahead_;  ///< of the parent
};

/// Gives room in the data file and puts the records, which come in any order, into the manifest in theirs.
class Recorder {
public:
    Recorder(const std::string& folder, const Header& header)
        : manifest_(folder + "/manifest", header), data_(disk::File::create(folder + "/data")) {}

    /// Stores data and returns where.
    std::int64_t store(std::string_view data) {
        disk::require_reserve(disk::folder_of(data_.path()));
        const auto length = static_cast<std::int64_t>(data.size());
        const auto offset = end_.fetch_add(length);
        write_behind(data_, offset, data);
        return offset;
    }

    /// Nothing: the chunk is zero.
    void record(std::int64_t number, std::optional<Chunk> chunk) {
        const std::lock_guard lock(mutex_);
        waiting_.emplace(number, std::move(chunk));
        for (auto next = waiting_.begin(); next != waiting_.end() && next->first == written_; ++written_) {
            if (next->second) manifest_.add(*next->second);
            next = waiting_.erase(next);
        }
    }

    Totals finish() {
        data_.sync();
        failpoint("volume.backup.create.data");
        return manifest_.finish(end_);
    }

private:
    ManifestWriter manifest_;
    disk::File data_;
    std::atomic<std::int64_t> end_{0};
    std::mutex mutex_;
    std::map<std::int64_t, std::optional<Chunk>> waiting_;  ///< by number: as many as workers are ahead of the slowest
    std::int64_t written_ = 0;
};

/// What one thread does with its chunks.
class Worker {
public:
    Worker(VolumeDisk& disk, Recorder& recorder, const ChunkCipher& cipher, const Header& header)
        : disk_(disk), recorder_(recorder), cipher_(cipher), header_(header) {}

    void save(const Job& job) {
        plain_.resize(static_cast<std::size_t>(job.bytes));
        disk_.read(job.index * kChunkBytes, plain_);
        recorder_.record(job.number, is_zero(plain_) ? std::nullopt : std::optional(chunk_of(job)));
    }

private:
    Chunk chunk_of(const Job& job) {
        Chunk chunk;
        chunk.index = job.index;
        chunk.sha256 = cipher_.digest(plain_);
        if (job.parent && job.parent->sha256 == chunk.sha256) return *job.parent;
        const auto packed = compressor_.compress(plain_);
        const auto stored =
            cipher_.encrypt(packed.empty() ? std::string_view(plain_) : packed, header_.id, chunk.index, sealed_);
        chunk.codec = packed.empty() ? Codec::Raw : Codec::Zstd;
        chunk.owner = static_cast<std::int64_t>(header_.owners.size()) - 1;
        chunk.stored_bytes = static_cast<std::int64_t>(stored.size());
        chunk.offset = recorder_.store(stored);
        return chunk;
    }

    VolumeDisk& disk_;
    Recorder& recorder_;
    const ChunkCipher& cipher_;
    const Header& header_;
    Compressor compressor_;
    std::string plain_;
    std::string sealed_;
};

}  // namespace

Saved save(const std::string& folder, const Header& header, ManifestReader* parent, VolumeDisk& disk,
           const ChunkCipher& cipher, const Call& call) {
    Jobs jobs(disk, parent, call);
    Recorder recorder(folder, header);
    std::atomic<std::int64_t> read_bytes{0};
    run_workers(worker_count(), [&](const std::atomic<bool>& stop) {
        Worker worker(disk, recorder, cipher, header);
        while (!stop) {
            const auto job = jobs.take();
            if (!job) return;
            worker.save(*job);
            read_bytes += job->bytes;
            failpoint("volume.backup.create.chunk");
        }
    });
    return {recorder.finish(), read_bytes};
}

}  // namespace virga::volume::host::backup
