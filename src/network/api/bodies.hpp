#pragma once
#include "network/api/listing.hpp"

namespace virga::network::api {

/// The objects of a create request: one below `singular`, or a list below `plural`.
struct NewItems {
    std::vector<json::object> items;
    bool is_bulk = false;
};
NewItems new_items(const http::Request& request, const Collection& collection);
/// The object below `singular`. Throws Error{InvalidInput}.
json::object body_object(const http::Request& request, const Collection& collection);

/// project_id or tenant_id of a new resource. Throws Fault PolicyNotAuthorized for another project than the caller's.
std::string project_of(http::Fields& fields, const identity::Auth& auth, const std::string& rule);
/// Reads name and description. Null is neither: it would leave what is there.
void read_names(http::Fields& fields, Standard& resource);
/// Refuses another value than the only one that is supported. Null and absence are fine.
void accept_only(http::Fields& fields, std::string_view name, const json::value& supported);
/// What every view has.
json::object standard_view(const Standard& resource);

/// {"<singular>": item}
http::Response item_response(int status, const Collection& collection, json::object item);

/// Creates all items of the request in one transaction; `make(tx, fields)` gives the view of one.
template <class Make>
http::Response create(Context& context, http::Request& request, const Collection& collection, Make make) {
    const auto wanted = new_items(request, collection);
    auto views = context.database.write_with([&](db::Transaction& tx) {
        json::array made;
        for (const auto& item : wanted.items) {
            http::Fields fields(item, collection.singular);
            made.push_back(make(tx, fields));
        }
        return made;
    });
    if (!wanted.is_bulk) return item_response(201, collection, std::move(views.front().as_object()));
    json::object body;
    body[collection.plural] = std::move(views);
    return http::Response::with_json(201, body);
}

/// Changes one resource in a transaction; `change(tx, fields)` gives its view.
template <class Change>
http::Response update(Context& context, http::Request& request, const Collection& collection, Change change) {
    const auto object = body_object(request, collection);
    http::Fields fields(object, collection.singular);
    auto view = context.database.write_with([&](db::Transaction& tx) { return change(tx, fields); });
    return item_response(200, collection, std::move(view));
}

}  // namespace virga::network::api
