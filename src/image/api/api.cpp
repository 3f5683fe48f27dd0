#include "image/api/api.hpp"

#include "base/error.hpp"
#include "image/repo/image_repo.hpp"
#include "image/repo/member_repo.hpp"

namespace virga::image::api {

void add_route(http::Router& router, Context& context, const char* method, const std::string& pattern,
               const char* policy, Function function, bool streaming) {
    auto route = context.identity.route(method, pattern, policies(), policy,
                                        [&context, function](http::Request& request, const identity::Auth& auth) {
                                            return function(context, request, auth);
                                        });
    route.streaming = streaming;
    router.add(std::move(route));
}

bool is_visible(db::Transaction& tx, const identity::Auth& auth, const Record& record) {
    if (may_change(auth, record) || record.visibility == "public" || record.visibility == "community") return true;
    return record.visibility == "shared" && repo::find_member(tx, record.id, auth.project.value).has_value();
}

bool may_change(const identity::Auth& auth, const Record& record) {
    return auth.reaches(ProjectId(record.owner));
}

Record require_visible(db::Transaction& tx, const http::Request& request, const identity::Auth& auth) {
    const auto& id = request.param("image_id");
    auto record = repo::find(tx, id);
    if (!record || !is_visible(tx, auth, *record)) {
        throw Error(ErrorCode::NotFound, "No image found with ID " + id + ".", {}, id);
    }
    return *record;
}

Record require_changeable(db::Transaction& tx, const http::Request& request, const identity::Auth& auth) {
    auto record = require_visible(tx, request, auth);
    if (!may_change(auth, record)) {
        throw Error(ErrorCode::Forbidden, "You are not permitted to modify this image.", {}, record.id);
    }
    return record;
}

}  // namespace virga::image::api
