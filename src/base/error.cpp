#include "base/error.hpp"

#include <array>
#include <cstring>
#include <utility>

namespace virga {
namespace {

constexpr std::array<std::pair<ErrorCode, std::string_view>, 15> kNames{{
    {ErrorCode::NotFound, "NotFound"},
    {ErrorCode::Conflict, "Conflict"},
    {ErrorCode::InvalidInput, "InvalidInput"},
    {ErrorCode::Unauthenticated, "Unauthenticated"},
    {ErrorCode::Forbidden, "Forbidden"},
    {ErrorCode::QuotaExceeded, "QuotaExceeded"},
    {ErrorCode::TooLarge, "TooLarge"},
    {ErrorCode::NotSupported, "NotSupported"},
    {ErrorCode::NoSpace, "NoSpace"},
    {ErrorCode::Busy, "Busy"},
    {ErrorCode::Unavailable, "Unavailable"},
    {ErrorCode::Timeout, "Timeout"},
    {ErrorCode::Cancelled, "Cancelled"},
    {ErrorCode::Corrupt, "Corrupt"},
    {ErrorCode::Internal, "Internal"},
}};

}  // namespace

std::string_view to_string(ErrorCode code) {
    for (const auto& [value, name] : kNames) {
        if (value == code) return name;
    }
    return "Internal";
}

ErrorCode error_code_from_string(std::string_view name) {
    for (const auto& [value, text] : kNames) {
        if (text == name) return value;
    }
    return ErrorCode::Internal;
}

bool is_retryable(ErrorCode code) {
    return code == ErrorCode::Busy || code == ErrorCode::Unavailable || code == ErrorCode::Timeout;
}

void throw_errno(ErrorCode code, const std::string& what, int err) {
    const auto why = what + ": " + std::strerror(err);
    if (err == ENOSPC || err == EDQUOT) throw Error(ErrorCode::NoSpace, "There is not enough space left.", why);
    throw Error(code, why);
}

}  // namespace virga
