#pragma once
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "identity/auth.hpp"
#include "image/model/record.hpp"

namespace virga::image {

/// What is known of one attribute of an image: the schema document, the checks and patches are made from it.
enum class AttributeKind { Changeable, ReadOnly, Reserved };
struct Attribute {
    const char* name;
    const char* type;  ///< of JSON schema: string, integer, boolean, array
    bool nullable;
    AttributeKind kind;
    const char* description;
};
const std::vector<Attribute>& attributes();
/// nullptr for a name that is an image's own property.
const Attribute* find_attribute(std::string_view name);

const std::vector<std::string>& container_formats();
const std::vector<std::string>& visibilities();

/// Sets one attribute or property from user input; whether the cloud takes a disk_format is for Formats to say. Throws
/// Error{InvalidInput} naming the attribute; Error{Forbidden} for read-only and reserved ones, for `public` and a
/// foreign owner by non-administrators, and for a format once the image isn't queued.
void set_attribute(Record& record, const identity::Auth& auth, std::string_view name, const json::value& value);
/// Throws Error{InvalidInput} unless 1 to 255 characters.
void check_tag(std::string_view tag);
/// Appends a tag unless it is there.
void add_tag(Record& record, const std::string& tag);
/// Throws Error{TooLarge} when there are more tags or properties than one image may have.
void check_counts(const Record& record);

}  // namespace virga::image
