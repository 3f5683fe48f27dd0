#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "image/model/record.hpp"

namespace virga::image {

/// The disk formats that this cloud takes: the setting image.disk_formats.
class Formats {
public:
    /// Throws Error{InvalidInput} when the setting names a format that the inspector can't judge.
    explicit Formats(const config::Config& config);

    const std::vector<std::string>& allowed() const { return allowed_; }
    /// Throws Error{InvalidInput} that names the attribute and what is allowed. A format that isn't set yet passes.
    void require(std::string_view disk_format) const;
    /// Why the image's data can't become a disk, or nothing: its format isn't taken (any more), or it is in a container
    /// that nobody unpacks.
    std::string unusable(const Record& record) const;

private:
    bool allows(std::string_view disk_format) const;

    std::vector<std::string> allowed_;
};

}  // namespace virga::image
