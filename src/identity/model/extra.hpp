#pragma once
#include <initializer_list>
#include <string_view>

#include "base/json.hpp"

namespace virga::identity {

/// Takes the attributes of the client's own invention out of a request's object: those that aren't in `known`. What
/// `extra` has already stays unless the object names it. Throws Error{InvalidInput} when there are more than 64 of
/// them, a name has more than 255 characters, or all together have more than 32 KiB.
void read_extra(const json::object& object, std::string_view path, std::initializer_list<std::string_view> known,
                json::object& extra);
/// Adds them to a view, which goes before.
void show_extra(const json::object& extra, json::object& view);

}  // namespace virga::identity
