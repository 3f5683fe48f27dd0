#pragma once
#include <string>
#include <utility>

namespace virga {

/// A password, token or key. It has no formatter and no conversion, so that it can't reach a log by accident.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string value) : value_(std::move(value)) {}
    const std::string& reveal() const { return value_; }
    bool empty() const { return value_.empty(); }

private:
    std::string value_;
};

}  // namespace virga
