#include "image/format/sample.hpp"

#include "base/error.hpp"

namespace virga::image::format {
namespace {

std::uint64_t byte_at(std::string_view data, std::size_t offset) {
    return static_cast<unsigned char>(data[offset]);
}

bool fits(std::string_view data, std::size_t offset, std::size_t width) {
    return width >= 1 && width <= 8 && offset <= data.size() && data.size() - offset >= width;
}

}  // namespace

bool has_bytes(std::string_view data, std::size_t offset, std::string_view bytes) {
    return offset <= data.size() && data.substr(offset, bytes.size()) == bytes;
}

std::optional<std::uint64_t> big_endian(std::string_view data, std::size_t offset, std::size_t width) {
    if (!fits(data, offset, width)) return std::nullopt;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i) value = (value << 8) | byte_at(data, offset + i);
    return value;
}

std::optional<std::uint64_t> little_endian(std::string_view data, std::size_t offset, std::size_t width) {
    if (!fits(data, offset, width)) return std::nullopt;
    std::uint64_t value = 0;
    for (std::size_t i = width; i > 0; --i) value = (value << 8) | byte_at(data, offset + i - 1);
    return value;
}

void refuse(std::string_view format, const std::string& why) {
    throw Error(ErrorCode::InvalidInput, "The image can't be accepted: " + std::string(format) + ": " + why + ".");
}

std::uint64_t required(const std::optional<std::uint64_t>& value, std::string_view format, std::string_view field) {
    if (!value) refuse(format, std::string(field) + " lies outside the image");
    return *value;
}

std::int64_t checked_size(std::uint64_t bytes, std::string_view format) {
    constexpr std::uint64_t kMaxBytes = 64ULL << 40;  // what disks and volumes can hold
    if (bytes > kMaxBytes) refuse(format, "the virtual size is out of range (64 TiB at most)");
    return static_cast<std::int64_t>(bytes);
}

}  // namespace virga::image::format
