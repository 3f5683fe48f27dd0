#pragma once
#include "network/api/api.hpp"
#include "network/repo/list_query.hpp"

namespace virga::network::api {

enum class Kind { Text, Number, Boolean };

/// A field that lists are filtered and sorted by. `expression` is SQL over the alias `t`, never null.
struct Attribute {
    const char* name;
    const char* expression;
    Kind kind = Kind::Text;
};

/// One collection of the API.
struct Collection {
    const char* singular;
    const char* plural;
    const char* table;
    std::vector<Attribute> attributes;         ///< besides those of every resource
    std::set<std::string, std::less<>> other;  ///< query names that the resource reads itself
};

/// A page of a list: the rows to load, and what its links need.
struct Listing {
    repo::ListQuery query;
    repo::ListQuery visible;  ///< what the caller may see: the marker must be of it
    std::optional<std::size_t> limit;
    bool is_reversed = false;
    bool has_marker = false;
};

/// Reads filters, sort_key, sort_dir, limit, marker and page_reverse of a list of what is `visible`. Throws
/// Error{InvalidInput} for an unknown filter.
Listing read_listing(const http::Request& request, const Collection& collection, repo::ListQuery visible);
/// Must be called before rows are loaded: adds the condition that starts the page at the marker.
void start_at_marker(db::Transaction& tx, const http::Request& request, const Collection& collection, Listing& listing);
/// {"<plural>": items, "<plural>_links": [...]}
http::Response page_response(const http::Request& request, const Collection& collection, const Listing& listing,
                             json::array items);
/// Only the keys that the query's `fields` name, if any.
json::object picked(const http::Request& request, json::object item);

/// Lists what `load` gives for the request's filters and the condition of visibility.
template <class Load, class View>
http::Response list(Context& context, http::Request& request, const Collection& collection, Listing listing, Load load,
                    View view) {
    auto tx = context.database.read();
    start_at_marker(tx, request, collection, listing);
    auto rows = load(tx, listing.query);
    if (listing.is_reversed) std::reverse(rows.begin(), rows.end());
    json::array items;
    items.reserve(rows.size());
    for (const auto& row : rows) items.push_back(picked(request, view(row)));
    return page_response(request, collection, listing, std::move(items));
}

}  // namespace virga::network::api
