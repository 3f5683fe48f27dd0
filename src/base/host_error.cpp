#include "base/host_error.hpp"

#include "base/public_text.hpp"

namespace virga {
namespace {

std::string whole(const std::string& public_text, const std::string& text, const std::string& detail) {
    if (public_text == text) return detail;
    return detail.empty() ? text : text + ": " + detail;
}

}  // namespace

HostError::HostError(ErrorCode code, const std::string& text, const std::string& detail)
    : Error(code, public_reason(code, text), whole(public_reason(code, text), text, detail)), host_text_(text) {}

}  // namespace virga
