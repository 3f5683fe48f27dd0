#include <algorithm>

#include "base/error.hpp"
#include "image/api/api.hpp"
#include "image/model/attributes.hpp"
#include "image/repo/image_repo.hpp"

namespace virga::image::api {
namespace {

http::Response put(Context& context, http::Request& request, const identity::Auth& auth) {
    context.database.write_with([&](db::Transaction& tx) {
        auto record = require_changeable(tx, request, auth);
        add_tag(record, request.param("tag"));
        check_counts(record);
        record.updated_us = now_us();
        repo::update_attributes(tx, record);
    });
    return http::Response::empty(204);
}

http::Response remove(Context& context, http::Request& request, const identity::Auth& auth) {
    const auto& tag = request.param("tag");
    context.database.write_with([&](db::Transaction& tx) {
        auto record = require_changeable(tx, request, auth);
        const auto found = std::find(record.tags.begin(), record.tags.end(), tag);
        if (found == record.tags.end()) {
            throw Error(ErrorCode::NotFound, "The image has no tag '" + tag.substr(0, 64) + "'.");
        }
        record.tags.erase(found);
        record.updated_us = now_us();
        repo::update_attributes(tx, record);
    });
    return http::Response::empty(204);
}

}  // namespace

void add_tags(http::Router& router, Context& context) {
    add_route(router, context, "PUT", "/image/v2/images/{image_id}/tags/{tag}", "modify_image", put);
    add_route(router, context, "DELETE", "/image/v2/images/{image_id}/tags/{tag}", "modify_image", remove);
}

}  // namespace virga::image::api
