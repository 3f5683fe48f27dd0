#include "base/error.hpp"
#include "http/schema.hpp"
#include "image/api/api.hpp"
#include "image/repo/member_repo.hpp"

namespace virga::image::api {
namespace {

const identity::policy::Check kOtherProject(policies(), "modify_member:other_project");

constexpr std::size_t kMaxId = 255;
constexpr std::size_t kMaxMembers = 128;

Record require_shared(db::Transaction& tx, const http::Request& request, const identity::Auth& auth) {
    auto record = require_visible(tx, request, auth);
    if (record.visibility != "shared") {
        throw Error(ErrorCode::Forbidden, "Only shared images have members.", {}, record.id);
    }
    return record;
}

/// Who may change the list of members: the owner, not a member.
Record require_owned(db::Transaction& tx, const http::Request& request, const identity::Auth& auth) {
    auto record = require_shared(tx, request, auth);
    if (!may_change(auth, record)) {
        throw Error(ErrorCode::Forbidden, "You are not permitted to change the members of this image.", {}, record.id);
    }
    return record;
}

/// Members see themselves only.
Member require_member(db::Transaction& tx, const http::Request& request, const identity::Auth& auth,
                      const Record& record) {
    const auto& id = request.param("member_id");
    const auto member = repo::find_member(tx, record.id, id);
    if (!member || (!may_change(auth, record) && auth.project.value != id)) {
        throw Error(ErrorCode::NotFound, id + " not found in the member list of the image " + record.id + ".");
    }
    return *member;
}

http::Response list(Context& context, http::Request& request, const identity::Auth& auth) {
    auto tx = context.database.read();
    const auto record = require_shared(tx, request, auth);
    json::array members;
    for (const auto& member : repo::list_members(tx, record.id)) {
        if (may_change(auth, record) || member.member_id == auth.project.value) members.push_back(member_json(member));
    }
    json::object body;
    body["members"] = std::move(members);
    body["schema"] = "/v2/schemas/members";
    return http::Response::with_json(200, body);
}

/// As in Glance, one member of an image that isn't shared is looked for in vain, where the list of them is refused.
http::Response show(Context& context, http::Request& request, const identity::Auth& auth) {
    auto tx = context.database.read();
    const auto record = require_visible(tx, request, auth);
    if (record.visibility != "shared") {
        throw Error(ErrorCode::NotFound, "Only shared images have members.", {}, record.id);
    }
    return http::Response::with_json(200, member_json(require_member(tx, request, auth, record)));
}

http::Response create(Context& context, http::Request& request, const identity::Auth& auth) {
    const auto body = request.json_body();
    http::Fields fields(body, "");
    Member member;
    member.member_id = fields.required_string("member", 1, kMaxId);
    fields.finish();
    member.created_us = member.updated_us = now_us();
    context.database.write_with([&](db::Transaction& tx) {
        member.image_id = require_owned(tx, request, auth).id;
        repo::insert_member(tx, member);
        if (repo::list_members(tx, member.image_id).size() > kMaxMembers) {
            throw Error(ErrorCode::TooLarge, "An image can have at most " + std::to_string(kMaxMembers) + " members.",
                        {}, member.image_id);
        }
    });
    return http::Response::with_json(200, member_json(member));
}

/// Accepting is up to the project that the image was offered to, not to the one that offers it.
http::Response update(Context& context, http::Request& request, const identity::Auth& auth) {
    const auto body = request.json_body();
    http::Fields fields(body, "");
    const auto status = fields.one_of("status", {"pending", "accepted", "rejected"});
    if (!status) fields.fail("status", "is required");
    const auto member = context.database.write_with([&](db::Transaction& tx) {
        const auto record = require_shared(tx, request, auth);
        auto changed = require_member(tx, request, auth, record);
        if (auth.project.value != changed.member_id && !kOtherProject.allows(auth)) {
            throw Error(ErrorCode::Forbidden, "Only the member itself may change its status.");
        }
        changed.status = lifecycle::state_of<MemberStatus>(*status);
        changed.updated_us = now_us();
        repo::update_member(tx, changed);
        return changed;
    });
    return http::Response::with_json(200, member_json(member));
}

http::Response remove(Context& context, http::Request& request, const identity::Auth& auth) {
    context.database.write_with([&](db::Transaction& tx) {
        const auto record = require_owned(tx, request, auth);
        repo::delete_member(tx, record.id, require_member(tx, request, auth, record).member_id);
    });
    return http::Response::empty(204);
}

}  // namespace

void add_members(http::Router& router, Context& context) {
    const std::string all = "/image/v2/images/{image_id}/members";
    const std::string one = all + "/{member_id}";
    add_route(router, context, "GET", all, "get_members", list);
    add_route(router, context, "POST", all, "add_member", create);
    add_route(router, context, "GET", one, "get_member", show);
    add_route(router, context, "PUT", one, "modify_member", update);
    add_route(router, context, "DELETE", one, "delete_member", remove);
}

}  // namespace virga::image::api
