#pragma once
#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "base/secret.hpp"
#include "http/http.hpp"

namespace virga::image {

/// What a host may do with the data of one image for some time, without a token.
struct Transfer {
    enum class Purpose { Get, Put };
    Purpose purpose = Purpose::Get;
    std::string image_id;
    std::string upload_id;        ///< Put: whose data it is
    std::int64_t size_bytes = 0;  ///< Get: of the data; Put: the most that it may have
    std::string host;             ///< for whom
    std::int64_t until_s = 0;     ///< since the epoch
};

/// For how long a transfer of so many bytes may be begun: it may wait behind others, break off and go on.
std::int64_t transfer_seconds(std::int64_t bytes);

/// Signs transfers and tells whether one was signed: HMAC-SHA-256 over all that it says, with a key that the processes
/// of one cloud have in common.
class TransferSigner {
public:
    explicit TransferSigner(Secret key) : key_(std::move(key)) {}

    /// Path and query of its URL, the same for all control processes.
    std::string url(const Transfer& transfer) const;
    /// What the request may do. Throws Error{Forbidden} when it isn't signed, was signed for something else, or its
    /// time is over.
    Transfer verify(const http::Request& request, Transfer::Purpose purpose, TimestampUs now) const;

private:
    std::string sign(const Transfer& transfer) const;

    Secret key_;
};

}  // namespace virga::image
