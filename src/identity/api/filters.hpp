#pragma once
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "http/http.hpp"

namespace virga::identity::api {

/// By what a list is narrowed: attributes of its items, and whether the items have tags.
struct Filters {
    std::vector<std::string_view> attributes;
    bool by_tags = false;
};

/// Whether an item, as it is shown, has what the query asks for (Keystone: build_driver_hints): `name=x`, or
/// `name__contains=x` with contains, startswith, endswith, equals, and with an 'i' in front of these for any case; a
/// name is compared as names are. Tags are compared by tags (all of them), tags-any, not-tags and not-tags-any.
/// Parameters that name no attribute don't count; another comparison, or more than 80 tags, is Error{InvalidInput}.
bool fits(const http::Request& request, const Filters& filters, const json::object& item);

}  // namespace virga::identity::api
