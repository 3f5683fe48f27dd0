#include "disk/remote_image.hpp"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <thread>
#include <vector>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/failpoint.hpp"
#include "base/log.hpp"
#include "disk/file.hpp"
#include "disk/reserve.hpp"
#include "http/client_stream.hpp"

namespace virga::disk {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kBufferBytes = 1024UL * 1024;
constexpr std::size_t kHoleBytes = 64UL * 1024;
constexpr std::chrono::milliseconds kPause{200};
constexpr std::int64_t kReportBytes = 16LL * 1024 * 1024;

/// "https://control-1:8774/image/transfer/ID", without what makes it worth something.
std::string without_query(const std::string& url) {
    return url.substr(0, url.find('?'));
}

/// Tries the URLs in turn until one try doesn't end in an error that another may mend. Of those that can't be mended
/// the last counts, as soon as every URL gave one.
class Turns {
public:
    Turns(const ImageUrls& remote, const Cancelled& cancelled) : remote_(remote), cancelled_(cancelled) {}

    /// `attempt` calls moved() when it came further.
    template <class Attempt>
    auto run(const Attempt& attempt) {
        while (true) {
            const auto& url = remote_.urls[turn_ % remote_.urls.size()];
            try {
                return attempt(url);
            } catch (const Error& error) {
                failed(url, error);
            }
        }
    }

    void moved() {
        refused_ = 0;
        until_ = Clock::now() + kPatience;
    }

private:
    void failed(const std::string& url, const Error& error) {
        const bool is_final = !is_retryable(error.code());
        const bool elsewhere = error.code() == ErrorCode::NotFound || error.code() == ErrorCode::Forbidden;
        if (is_final && !elsewhere) throw error;
        refused_ = is_final ? refused_ + 1 : 0;
        if (refused_ == remote_.urls.size()) throw error;
        if (Clock::now() > until_)
            throw Error(ErrorCode::Unavailable,
                        "No control process of host.control_urls transfers the image's data. The last answer: " +
                            error.message());
        log::warning("the transfer of an image goes on elsewhere",
                     {{"url", without_query(url)}, {"code", to_string(error.code())}, {"message", error.message()}});
        ++turn_;
        if (turn_ % remote_.urls.size() == 0) pause();
    }

    void pause() {
        std::this_thread::sleep_for(kPause);
        if (cancelled_ && cancelled_()) throw Error(ErrorCode::Cancelled, "the transfer of the image was cancelled");
    }

    const ImageUrls& remote_;
    const Cancelled& cancelled_;
    std::size_t turn_ = 0;
    std::size_t refused_ = 0;
    Clock::time_point until_ = Clock::now() + kPatience;
};

/// What the answer of a control process means. Its body has the error that it was.
[[noreturn]] void refused(const http::ClientResponse& answer) {
    boost::system::error_code failure;
    const auto value = json::parse(answer.body, failure);
    if (!failure && value.is_object() && value.get_object().contains("code")) {
        const auto code = error_code_from_string(get_string(value.get_object(), "code"));
        throw Error(code == ErrorCode::Internal ? ErrorCode::Unavailable : code,
                    get_string(value.get_object(), "message"));
    }
    throw Error(ErrorCode::Unavailable, "HTTP status " + std::to_string(answer.status));
}

class Download {
public:
    Download(const ImageSource& source, const std::string& path, const Progress& progress, const Cancelled& cancelled)
        : source_(source),
          is_fast_(!source.xxh3.empty()),
          hasher_(is_fast_ ? HashAlgorithm::Xxh3 : HashAlgorithm::Sha512),
          promise_(folder_of(path), source.size_bytes),
          file_(File::create(path)),
          progress_(progress),
          cancelled_(cancelled),
          turns_(source.remote, cancelled) {}

    void run() {
        turns_.run([&](const std::string& url) { fetch(url); });
        file_.resize(source_.size_bytes);
        const auto& expected = is_fast_ ? source_.xxh3 : source_.sha512;
        if (!expected.empty() && hasher_.finish() != expected)
            throw Error(ErrorCode::Corrupt, "The image's data is damaged: its checksum is not the recorded one.",
                        "image " + source_.image_id + " as it was transferred");
    }

private:
    void fetch(const std::string& url) {
        http::ClientStream stream(url, source_.remote.ca_file, cancelled_);
        http::Headers headers;
        headers.set("Range", "bytes=" + std::to_string(done_) + "-");
        auto answer = source_.size_bytes > 0 ? stream.get(headers) : stream.get({});
        check(stream, answer);
        while (done_ < source_.size_bytes) {
            const auto got = fill(stream);
            take({buffer_.data(), got});
            turns_.moved();
            failpoint("disk.remote_image.piece");
        }
    }

    void check(http::ClientStream& stream, http::ClientResponse& answer) {
        const auto left = source_.size_bytes - done_;
        const auto range = "bytes " + std::to_string(done_) + "-" + std::to_string(source_.size_bytes - 1) + "/" +
                           std::to_string(source_.size_bytes);
        const bool is_range = answer.status == 206 && answer.headers.get("Content-Range") == range;
        const bool is_whole = answer.status == 200 && done_ == 0;
        if ((is_range || is_whole) && static_cast<std::int64_t>(stream.left()) == left) return;
        if (answer.status == 200 || answer.status == 206)
            throw Error(ErrorCode::Corrupt, "The image's data is damaged: its size is not the recorded one.",
                        std::string(answer.headers.get("Content-Range")));
        answer.body = stream.read_text();
        refused(answer);
    }

    /// As much as comes, so that what is written are large pieces. What came before a connection broke counts.
    std::size_t fill(http::ClientStream& stream) {
        const auto wanted = static_cast<std::size_t>(
            std::min<std::int64_t>(static_cast<std::int64_t>(buffer_.size()), source_.size_bytes - done_));
        std::size_t used = 0;
        try {
            while (used < wanted) {
                const auto got = stream.read(buffer_.data() + used, wanted - used);
                if (got == 0) throw Error(ErrorCode::Unavailable, "the answer ended early");
                used += got;
            }
        } catch (const Error& error) {
            if (used == 0 || error.code() == ErrorCode::Cancelled) throw;
            take({buffer_.data(), used});
            turns_.moved();
            throw;
        }
        return used;
    }

    void take(std::string_view data) {
        hasher_.update(data);
        for (std::size_t at = 0; at < data.size(); at += kHoleBytes) {
            const auto piece = data.substr(at, kHoleBytes);
            const bool is_zero = piece.front() == '\0' && piece.substr(1) == piece.substr(0, piece.size() - 1);
            if (!is_zero) file_.write_at(done_ + static_cast<std::int64_t>(at), piece);
        }
        done_ += static_cast<std::int64_t>(data.size());
        promise_.written(done_);
        if (done_ < report_at_) return;
        report_at_ = done_ + kReportBytes;
        require_reserve(folder_of(file_.path()));
        if (progress_) progress_(done_, source_.size_bytes);
    }

    const ImageSource& source_;
    const bool is_fast_;
    Hasher hasher_;
    SpacePromise promise_;
    File file_;
    const Progress& progress_;
    const Cancelled& cancelled_;
    Turns turns_;
    std::vector<char> buffer_ = std::vector<char>(kBufferBytes);
    std::int64_t done_ = 0;
    std::int64_t report_at_ = 0;
};

}  // namespace

RemoteCopy::RemoteCopy(const ImageSource& source, std::string path, const Progress& progress,
                       const Cancelled& cancelled)
    : path_(std::move(path)) {
    try {
        remove_file(path_);
        Download(source, path_, progress, cancelled).run();
    } catch (...) {
        ::unlink(path_.c_str());
        throw;
    }
}

RemoteCopy::~RemoteCopy() {
    ::unlink(path_.c_str());
}

StoredImage send_image(const std::string& path, const ImageTarget& target, const Progress& progress,
                       const Cancelled& cancelled) {
    const auto file = File::open_for_reading(path);
    const auto size = file.size();
    Turns turns(target.remote, cancelled);
    std::int64_t furthest = 0;
    return turns.run([&](const std::string& url) {
        std::int64_t done = 0;
        http::Headers headers;
        headers.set("Content-Type", "application/octet-stream");
        http::ClientStream stream(url, target.remote.ca_file, cancelled);
        const auto answer = stream.put(headers, static_cast<std::uint64_t>(size), [&](char* into, std::size_t most) {
            const auto got = file.read_at(done, std::span<char>(into, most));
            done += static_cast<std::int64_t>(got);
            if (done > furthest) turns.moved();
            furthest = std::max(furthest, done);
            if (progress && (done % kReportBytes == 0 || done == size)) progress(done, size);
            failpoint("disk.remote_image.sent");
            return got;
        });
        if (answer.status != 200) refused(answer);
        return StoredImage::from_json(parse_object(answer.body));
    });
}

}  // namespace virga::disk
