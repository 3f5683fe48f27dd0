#pragma once
#include <algorithm>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace virga::compute {

/// Name of a file that a server keeps on its host as a disk: "disk", "disk.swap", "disk.eph0", "disk.config", and with
/// ".rescue" behind the first and the last those that it is rescued with. Which of them a server has, its flows say: a
/// host takes none for granted. The name becomes a part of a path, so there is no way to make another one.
class DiskName {
public:
    static DiskName root() { return DiskName("disk"); }
    static DiskName swap() { return DiskName("disk.swap"); }
    static DiskName config_drive() { return DiskName("disk.config"); }
    static DiskName rescue() { return DiskName("disk.rescue"); }
    static DiskName rescue_config_drive() { return DiskName("disk.config.rescue"); }
    /// From 0.
    static DiskName ephemeral(std::size_t index) { return DiskName(kEphemeral + std::to_string(index)); }
    /// Throws Error{InvalidInput} for any other name.
    static DiskName parse(std::string_view text) {
        for (const auto& name : {root(), swap(), config_drive(), rescue(), rescue_config_drive()})
            if (name.text_ == text) return name;
        if (is_ephemeral(text)) return DiskName(std::string(text));
        throw Error(ErrorCode::InvalidInput, "'" + std::string(text) +
                                                 "' is not a name of a local disk: there are disk, disk.swap, "
                                                 "disk.ephN, disk.config, disk.rescue and disk.config.rescue");
    }

    const std::string& text() const { return text_; }
    auto operator<=>(const DiskName&) const = default;

private:
    explicit DiskName(std::string text) : text_(std::move(text)) {}

    static bool is_ephemeral(std::string_view text) {
        constexpr std::size_t kMaxDigits = 3;
        if (!text.starts_with(kEphemeral)) return false;
        const auto digits = text.substr(kEphemeral.size());
        return !digits.empty() && digits.size() <= kMaxDigits &&
               std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
    }

    static inline const std::string kEphemeral = "disk.eph";
    std::string text_;
};

}  // namespace virga::compute
