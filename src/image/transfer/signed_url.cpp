#include "image/transfer/signed_url.hpp"

#include <charconv>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "http/target.hpp"

namespace virga::image {
namespace {

constexpr std::int64_t kLeast_s = 3600;
/// Slower than any network that disks are moved over.
constexpr std::int64_t kBytesPerSecond = 4LL * 1024 * 1024;

const char* word(Transfer::Purpose purpose) {
    return purpose == Transfer::Purpose::Get ? "get" : "put";
}

std::int64_t number(const http::Request& request, std::string_view name) {
    const auto text = request.query_value(name).value_or("");
    std::int64_t value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failure == std::errc() && end == text.data() + text.size() ? value : -1;
}

}  // namespace

std::int64_t transfer_seconds(std::int64_t bytes) {
    return kLeast_s + bytes / kBytesPerSecond;
}

std::string TransferSigner::sign(const Transfer& transfer) const {
    // None of the parts has a line break.
    const auto text = std::string(word(transfer.purpose)) + "\n" + transfer.image_id + "\n" + transfer.upload_id +
                      "\n" + std::to_string(transfer.size_bytes) + "\n" + std::to_string(transfer.until_s) + "\n" +
                      transfer.host;
    return hmac_sha256_hex(key_.reveal(), text);
}

std::string TransferSigner::url(const Transfer& transfer) const {
    std::string out = "/image/transfer/" + transfer.image_id + "?size=" + std::to_string(transfer.size_bytes) +
                      "&until=" + std::to_string(transfer.until_s) + "&host=" + http::percent_encode(transfer.host);
    if (transfer.purpose == Transfer::Purpose::Put) out += "&upload=" + transfer.upload_id;
    return out + "&signature=" + sign(transfer);
}

Transfer TransferSigner::verify(const http::Request& request, Transfer::Purpose purpose, TimestampUs now) const {
    Transfer transfer{purpose,
                      request.param("image_id"),
                      request.query_value("upload").value_or(""),
                      number(request, "size"),
                      request.query_value("host").value_or(""),
                      number(request, "until")};
    const bool is_ours = !key_.empty() && transfer.host.find('\n') == std::string::npos &&
                         transfer.upload_id.find('\n') == std::string::npos &&
                         transfer.image_id.find('\n') == std::string::npos &&
                         constant_time_equal(request.query_value("signature").value_or(""), sign(transfer));
    if (!is_ours) throw Error(ErrorCode::Forbidden, "The URL of this image's data is not signed, or for another use.");
    if (now > transfer.until_s * 1'000'000)
        throw Error(ErrorCode::Forbidden, "The time of this URL of an image's data is over.");
    return transfer;
}

}  // namespace virga::image
