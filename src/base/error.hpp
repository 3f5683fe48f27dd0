#pragma once
#include <stdexcept>
#include <string>
#include <string_view>

namespace virga {

/// Closed set of error kinds. HTTP statuses are derived from it in one place (http/fault.hpp).
enum class ErrorCode {
    NotFound,
    Conflict,
    InvalidInput,
    Unauthenticated,
    Forbidden,
    QuotaExceeded,
    TooLarge,
    NotSupported,
    NoSpace,
    Busy,
    Unavailable,
    Timeout,
    Cancelled,
    Corrupt,
    Internal,
};

std::string_view to_string(ErrorCode code);
/// Returns Internal for an unknown name.
ErrorCode error_code_from_string(std::string_view name);
/// Whether trying the same thing again later may work (Busy, Unavailable, Timeout).
bool is_retryable(ErrorCode code);

/// The one exception type of Virga. `message` may reach users: it names the field or resource and says what to do.
/// `detail` stays in the log. Catch it only at the edges: HTTP handler, task runner, RPC command.
class Error : public std::runtime_error {
public:
    Error(ErrorCode code, std::string message, std::string detail = {}, std::string resource = {})
        : std::runtime_error(std::move(message)),
          code_(code),
          detail_(std::move(detail)),
          resource_(std::move(resource)) {}

    ErrorCode code() const { return code_; }
    std::string message() const { return what(); }
    const std::string& detail() const { return detail_; }
    /// Id of the resource that the error is about, or empty.
    const std::string& resource() const { return resource_; }

private:
    ErrorCode code_;
    std::string detail_;
    std::string resource_;
};

/// Throws Error{code} with `what` and the text of the errno `err` as its message, which is for administrators: unless
/// the code makes it a 500, don't name a path. No room (ENOSPC, EDQUOT) is NoSpace, whose message names nothing.
[[noreturn]] void throw_errno(ErrorCode code, const std::string& what, int err);

}  // namespace virga
