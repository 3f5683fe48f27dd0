#pragma once
#include <string>

#include "base/error.hpp"

namespace virga {

/// A failure that a host has told of, of whatever kind. Its text was made there out of what the system and its tools
/// say: message() is what any user may read of it, host_text() is for administrators, and stands in the detail, too.
class HostError : public Error {
public:
    HostError(ErrorCode code, const std::string& text, const std::string& detail);
    const std::string& host_text() const { return host_text_; }

private:
    std::string host_text_;
};

}  // namespace virga
