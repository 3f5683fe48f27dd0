#include "base/error.hpp"
#include "image/api/api.hpp"
#include "image/model/image_changes.hpp"

namespace virga::image::api {
namespace {

/// Deactivating what is deactivated (and the other way round) succeeds, as clients expect of an action.
http::Response make(Context& context, http::Request& request, const identity::Auth& auth, const ImageChange& change) {
    context.database.write_with([&](db::Transaction& tx) {
        const auto record = require_changeable(tx, request, auth);
        const std::tuple seen{record.status};
        if (std::get<0>(change.to) == record.status) return;
        if (!lifecycle::try_change(tx, image_machine(), change, record.id, seen)) {
            throw Error(ErrorCode::Forbidden, "Not allowed to " + std::string(change.name) + " image in status '" +
                                                  text_of(record.status) + "'");
        }
    });
    return http::Response::empty(204);
}

http::Response deactivate(Context& context, http::Request& request, const identity::Auth& auth) {
    return make(context, request, auth, image_change::kDeactivate);
}

http::Response reactivate(Context& context, http::Request& request, const identity::Auth& auth) {
    return make(context, request, auth, image_change::kReactivate);
}

}  // namespace

void add_actions(http::Router& router, Context& context) {
    const std::string path = "/image/v2/images/{image_id}/actions/";
    add_route(router, context, "POST", path + "deactivate", "deactivate", deactivate);
    add_route(router, context, "POST", path + "reactivate", "reactivate", reactivate);
}

}  // namespace virga::image::api
