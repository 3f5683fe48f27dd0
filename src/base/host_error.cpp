#include "base/host_error.hpp"

#include "base/public_text.hpp"

namespace virga {
namespace {

std::string whole(const std::string& text, const std::string& detail) {
    if (without_paths(text) == text) return detail;
    return detail.empty() ? text : text + ": " + detail;
}

}  // namespace

HostError::HostError(ErrorCode code, const std::string& text, const std::string& detail)
    : Error(code, without_paths(text), whole(text, detail)), host_text_(text) {}

}  // namespace virga
