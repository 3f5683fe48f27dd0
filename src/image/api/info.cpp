#include "image/api/api.hpp"

namespace virga::image::api {
namespace {

/// No method of import is offered: data comes by PUT only, so that the program never fetches what a user names.
http::Response show_import(Context&, http::Request&, const identity::Auth&) {
    json::object methods;
    methods["description"] = "Import methods available.";
    methods["type"] = "array";
    methods["value"] = json::array();
    json::object body;
    body["import-methods"] = std::move(methods);
    return http::Response::with_json(200, body);
}

}  // namespace

void add_info(http::Router& router, Context& context) {
    add_route(router, context, "GET", "/image/v2/info/import", "get_import_info", show_import);
}

}  // namespace virga::image::api
