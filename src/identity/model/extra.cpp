#include "identity/model/extra.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "http/target.hpp"

namespace virga::identity {
namespace {

constexpr std::size_t kMost = 64;
constexpr std::size_t kMaxName = 255;
constexpr std::size_t kMaxBytes = 32UL * 1024;

[[noreturn]] void refuse(std::string_view path, const std::string& why) {
    throw Error(ErrorCode::InvalidInput, std::string(path) + ": " + why);
}

}  // namespace

void read_extra(const json::object& object, std::string_view path, std::initializer_list<std::string_view> known,
                json::object& extra) {
    for (const auto& item : object) {
        const std::string_view name = item.key();
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        if (name.empty() || http::utf8_length(name) > kMaxName || !http::is_clean_utf8(name)) {
            refuse(path, "names of attributes must have 1 to 255 characters");
        }
        extra[name] = item.value();
    }
    if (extra.size() > kMost) refuse(path, "has more than " + std::to_string(kMost) + " attributes of its own");
    const auto text = json::serialize(extra);
    if (!http::is_clean_utf8(text)) refuse(path, "attributes must be valid UTF-8");
    if (text.size() > kMaxBytes) {
        refuse(path, "its own attributes have more than " + std::to_string(kMaxBytes) + " bytes");
    }
}

void show_extra(const json::object& extra, json::object& view) {
    for (const auto& item : extra) {
        if (!view.contains(item.key())) view[item.key()] = item.value();
    }
}

}  // namespace virga::identity
