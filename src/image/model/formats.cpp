#include "image/model/formats.hpp"

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "image/settings.hpp"

namespace virga::image {
namespace {

// A kernel or a disk in one of these stands for itself; all others have something around the disk.
constexpr std::array<std::string_view, 4> kBare{"bare", "ami", "ari", "aki"};

std::string listed(const auto& words) {
    std::string list;
    for (const auto& word : words) list += (list.empty() ? "" : ", ") + std::string(word);
    return list;
}

}  // namespace

Formats::Formats(const config::Config& config) : allowed_(config.get(setting::disk_formats)) {}

bool Formats::allows(std::string_view disk_format) const {
    return std::find(allowed_.begin(), allowed_.end(), disk_format) != allowed_.end();
}

void Formats::require(std::string_view disk_format) const {
    if (disk_format.empty() || allows(disk_format)) return;
    throw Error(ErrorCode::InvalidInput, "Attribute 'disk_format': must be one of " + listed(allowed_));
}

std::string Formats::unusable(const Record& record) const {
    if (!record.disk_format.empty() && !allows(record.disk_format)) {
        return "image " + record.id + " has disk_format '" + record.disk_format +
               "', which this cloud doesn't take: " + listed(allowed_) + " are allowed";
    }
    const bool bare = std::find(kBare.begin(), kBare.end(), record.container_format) != kBare.end();
    if (record.container_format.empty() || bare) return {};
    return "image " + record.id + " has container_format '" + record.container_format +
           "', which can't be unpacked: upload the disk inside with container_format bare";
}

}  // namespace virga::image
