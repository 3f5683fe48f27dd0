#pragma once
#include <string>
#include <vector>

#include "http/schema.hpp"

/// Checks of fields that several resources share. All throw Error{InvalidInput} naming the field.
namespace virga::compute::api {

/// `name`: required, 1 to 255 characters, no space at the ends, no control characters.
std::string read_server_name(http::Fields& fields);
/// `hostname` (2.90): 2 to 63 letters, digits and '-', not at the ends.
std::string read_hostname(http::Fields& fields);
/// An IP address of the version that the field's name ends with, or empty.
std::string read_address(http::Fields& fields, std::string_view name);
/// A tag: 1 to 60 characters without ',' and '/'.
void check_tag(const std::string& tag, std::string_view field);
/// A list of at most 50 tags, without repeats.
std::vector<std::string> read_tags(const json::array& list, std::string_view field);

}  // namespace virga::compute::api
