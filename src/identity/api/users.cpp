#include "base/crypto.hpp"
#include "http/schema.hpp"
#include "identity/api/api.hpp"
#include "identity/api/reserved.hpp"
#include "identity/repo/domain_repo.hpp"
#include "identity/repo/project_repo.hpp"
#include "identity/repo/user_repo.hpp"

namespace virga::identity::api {
namespace {

constexpr std::size_t kMaxName = 255;
constexpr std::size_t kMaxText = 4096;
constexpr std::size_t kMaxPassword = 4096;
constexpr std::size_t kMaxId = 64;
const policy::Check kList(policies(), "identity:list_users");
const policy::Check kGet(policies(), "identity:get_user");
const policy::Check kCreate(policies(), "identity:create_user");
const policy::Check kUpdate(policies(), "identity:update_user");
const policy::Check kDelete(policies(), "identity:delete_user");

json::object view(const http::Request& request, const User& user) {
    json::object out{{"id", user.id},
                     {"name", user.name},
                     {"domain_id", user.domain_id},
                     {"enabled", user.enabled},
                     {"options", json::object()},
                     {"password_expires_at", nullptr},
                     {"links", self_link(request, "/users/" + user.id)}};
    if (!user.default_project_id.empty()) out["default_project_id"] = user.default_project_id;
    if (!user.email.empty()) out["email"] = user.email;
    if (!user.description.empty()) out["description"] = user.description;
    return out;
}

User require(db::Transaction& tx, const std::string& id) {
    auto user = repo::find_user(tx, id);
    if (!user) not_found("user", id);
    return *user;
}

/// The user that the path names, whom the caller may change by `check`.
User require_own(db::Transaction& tx, const Context& context, const http::Request& request, const Caller& caller,
                 const policy::Check& check) {
    const auto& id = request.param("user_id");
    auto user = repo::find_user(tx, id);
    check.require(caller.auth, {.domain = user ? user->domain_id : ""});
    if (!user) not_found("user", id);
    require_unreserved(tx, context, caller, *user);
    return *user;
}

void read_common(http::Fields& fields, User& user) {
    if (auto name = fields.string("name", 1, kMaxName)) user.name = *name;
    if (auto enabled = fields.boolean("enabled")) user.enabled = *enabled;
    if (fields.has("email")) user.email = fields.string("email", 0, kMaxText).value_or("");
    if (fields.has("description")) user.description = fields.string("description", 0, kMaxText).value_or("");
    if (fields.has("default_project_id")) {
        user.default_project_id = fields.string("default_project_id", 1, kMaxId).value_or("");
    }
}

/// Hashing takes long, so it is done before the transaction; nullopt when the body has no password.
std::optional<std::string> read_password_hash(http::Fields& fields, std::string_view name = "password") {
    const auto password = fields.string(name, 1, kMaxPassword);
    if (!password) return std::nullopt;
    return hash_password(*password);
}

void require_default_project(db::Transaction& tx, const User& user) {
    if (user.default_project_id.empty() || repo::find_project(tx, user.default_project_id)) return;
    not_found("project", user.default_project_id);
}

http::Response list(Context& context, http::Request& request, const Caller& caller) {
    auto tx = context.database.read();
    json::array items;
    for (const auto& user : repo::list_users(tx)) {
        if (!kList.allows(caller.auth, {.domain = user.domain_id})) continue;
        if (filtered_out(request, "name", user.name) || filtered_out(request, "domain_id", user.domain_id) ||
            filtered_out(request, "enabled", user.enabled)) {
            continue;
        }
        items.push_back(view(request, user));
    }
    return list_response(request, "users", std::move(items));
}

http::Response show(Context& context, http::Request& request, const Caller& caller) {
    const auto& id = request.param("user_id");
    auto tx = context.database.read();
    const auto user = repo::find_user(tx, id);
    kGet.require(caller.auth, {.domain = user ? user->domain_id : "", .user = id});
    if (!user) not_found("user", id);
    return item_response(200, "user", view(request, *user));
}

http::Response create(Context& context, http::Request& request, const Caller& caller) {
    const auto body = body_object(request, "user");
    http::Fields fields(body, "user");
    User user;
    user.id = new_uuid();
    user.name = fields.required_string("name", 1, kMaxName);
    user.domain_id = fields.string("domain_id", 1, kMaxId).value_or(kDefaultDomain);
    kCreate.require(caller.auth, {.domain = user.domain_id});
    read_common(fields, user);
    user.password_hash = read_password_hash(fields).value_or("");
    context.database.write_with([&](db::Transaction& tx) {
        if (!repo::find_domain(tx, user.domain_id)) not_found("domain", user.domain_id);
        require_default_project(tx, user);
        repo::insert_user(tx, user);
    });
    return item_response(201, "user", view(request, user));
}

http::Response update(Context& context, http::Request& request, const Caller& caller) {
    const auto body = body_object(request, "user");
    http::Fields fields(body, "user");
    const auto password_hash = read_password_hash(fields);
    const auto user = context.database.write_with([&](db::Transaction& tx) {
        auto changed = require_own(tx, context, request, caller, kUpdate);
        if (const auto domain = fields.string("domain_id", 1, kMaxId); domain && *domain != changed.domain_id) {
            fields.fail("domain_id", "can't be changed");
        }
        read_common(fields, changed);
        if (password_hash) changed.password_hash = *password_hash;
        require_default_project(tx, changed);
        repo::update_user(tx, changed);
        if (password_hash || !changed.enabled) repo::delete_tokens_of_user(tx, changed.id);
        return changed;
    });
    return item_response(200, "user", view(request, user));
}

http::Response remove(Context& context, http::Request& request, const Caller& caller) {
    context.database.write_with(
        [&](db::Transaction& tx) { repo::delete_user(tx, require_own(tx, context, request, caller, kDelete).id); });
    return http::Response::empty(204);
}

/// Who knows the old password may change it, with or without a token; who is logged in with the old one is logged out.
http::Response change_password(Context& context, http::Request& request) {
    const auto& id = request.param("user_id");
    const auto body = body_object(request, "user");
    http::Fields fields(body, "user");
    const Secret original(fields.required_string("original_password", 1, kMaxPassword));
    const auto hash = read_password_hash(fields);
    if (!hash) fields.fail("password", "is required");
    const auto before = context.database.read_with([&](db::Transaction& tx) { return repo::find_user(tx, id); });
    // An unknown user costs as much work and answers the same as a wrong password.
    if (!context.authority.verify(before.value_or(User{}), original) || !before->enabled) {
        throw Error(ErrorCode::Unauthenticated, "The request you have made requires authentication.");
    }
    context.database.write_with([&](db::Transaction& tx) {
        auto user = require(tx, id);
        if (user.password_hash != before->password_hash) {
            throw Error(ErrorCode::Conflict, "The password was changed by somebody else in between.");
        }
        user.password_hash = *hash;
        repo::update_user(tx, user);
        repo::delete_tokens_of_user(tx, id);
    });
    return http::Response::empty(204);
}

}  // namespace

void add_users(http::Router& router, Context& context) {
    const std::string all = "/identity/v3/users";
    const std::string one = all + "/{user_id}";
    add_route(router, context, "GET", all, "identity:list_users", list);
    add_route(router, context, "POST", all, "identity:create_user", create);
    add_route(router, context, "GET", one, "identity:get_user", show);
    add_route(router, context, "PATCH", one, "identity:update_user", update);
    add_route(router, context, "DELETE", one, "identity:delete_user", remove);
    // Who proves himself by his old password needs no token: he may have come to change one that has expired.
    router.add(http::public_route("POST", one + "/password",
                                  [&context](http::Request& request) { return change_password(context, request); }));
}

}  // namespace virga::identity::api
