#include "identity/model/name_fields.hpp"

namespace virga::identity {

std::string required_name(http::Fields& fields, std::size_t max) {
    auto name = fields.required_string("name", 1, max);
    if (name.find_first_not_of(" \t\r\n\v\f") == std::string::npos) fields.fail("name", "must not be blank");
    return name;
}

std::optional<std::string> read_name(http::Fields& fields, std::size_t max) {
    if (!fields.has("name")) return std::nullopt;
    return required_name(fields, max);
}

std::optional<bool> read_enabled(http::Fields& fields) {
    if (fields.has("enabled") && !fields.has_value("enabled")) fields.fail("enabled", "must be true or false");
    return fields.boolean("enabled");
}

}  // namespace virga::identity
