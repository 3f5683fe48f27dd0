#include "base/error.hpp"
#include "image/api/api.hpp"
#include "image/model/transitions.hpp"

namespace virga::image::api {
namespace {

/// Deactivating what is deactivated (and the other way round) succeeds, as clients expect of an action.
http::Response change(Context& context, http::Request& request, const identity::Auth& auth, const char* action,
                      ImageStatus from, ImageStatus to) {
    context.database.write_with([&](db::Transaction& tx) {
        const auto record = require_changeable(tx, request, auth);
        if (record.status == to) return;
        if (record.status != from || !lifecycle::try_change(tx, image_transitions(), action, record.id)) {
            throw Error(ErrorCode::Forbidden, "Not allowed to " + std::string(action) + " image in status '" +
                                                  to_string(record.status) + "'");
        }
    });
    return http::Response::empty(204);
}

http::Response deactivate(Context& context, http::Request& request, const identity::Auth& auth) {
    return change(context, request, auth, "deactivate", ImageStatus::Active, ImageStatus::Deactivated);
}

http::Response reactivate(Context& context, http::Request& request, const identity::Auth& auth) {
    return change(context, request, auth, "reactivate", ImageStatus::Deactivated, ImageStatus::Active);
}

}  // namespace

void add_actions(http::Router& router, Context& context) {
    const std::string path = "/image/v2/images/{image_id}/actions/";
    add_route(router, context, "POST", path + "deactivate", "deactivate", deactivate);
    add_route(router, context, "POST", path + "reactivate", "reactivate", reactivate);
}

}  // namespace virga::image::api
