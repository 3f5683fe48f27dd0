#include "volume/host/parameters.hpp"

#include "base/error.hpp"
#include "base/ids.hpp"

namespace virga::volume::host {
namespace {

[[noreturn]] void refuse(std::string_view key, const std::string& expected) {
    throw Error(ErrorCode::InvalidInput, "parameter '" + std::string(key) + "' must be " + expected);
}

}  // namespace

std::string read_id(const json::object& params, std::string_view key) {
    const auto text = get_string(params, key);
    if (!is_uuid_like(text)) refuse(key, "a UUID");
    return canonical_uuid(text);
}

std::int64_t read_size_gib(const json::object& params) {
    constexpr std::int64_t kMaxGib = 65'536;
    const auto size = get_int(params, "size_gib");
    if (size < 1 || size > kMaxGib) refuse("size_gib", "1 to 65536");
    return size;
}

std::map<std::string, Secret> read_keys(const json::object& params) {
    std::map<std::string, Secret> keys;
    const auto given = get_object(params, "keys");
    for (const auto& [id, key] : given) {
        if (!is_uuid_like(id) || !key.is_string() || key.get_string().empty()) refuse("keys", "keys by volume ids");
        keys.emplace(canonical_uuid(id), Secret(std::string(key.get_string())));
    }
    return keys;
}

std::optional<std::chrono::milliseconds> read_patience(const json::object& params) {
    constexpr std::int64_t kMaxMs = 3'600'000;
    if (!params.contains("patience_ms")) return std::nullopt;
    const auto patience = get_int(params, "patience_ms");
    if (patience < 0 || patience > kMaxMs) refuse("patience_ms", "0 to 3600000");
    return std::chrono::milliseconds(patience);
}

std::string read_connector_host(const json::object& params) {
    auto host = get_string(get_object(params, "connector"), "host");
    if (host.empty() || host.size() > 255) refuse("connector.host", "a host name");
    return host;
}

ImageSource read_image(const json::object& params) {
    auto image = ImageSource::from_json(get_object(params, "image"));
    if (!is_uuid_like(image.image_id)) refuse("image.image_id", "a UUID");
    if (!image.path.starts_with('/') || image.path.find('\0') != std::string::npos)
        refuse("image.path", "an absolute path");
    return image;
}

ImageTarget read_target(const json::object& params) {
    auto target = ImageTarget::from_json(get_object(params, "target"));
    if (!is_uuid_like(target.image_id)) refuse("target.image_id", "a UUID");
    if (!is_uuid_like(target.upload_id)) refuse("target.upload_id", "a UUID");
    if (!target.folder.starts_with('/') || target.folder.find('\0') != std::string::npos)
        refuse("target.folder", "an absolute path");
    return target;
}

}  // namespace virga::volume::host
