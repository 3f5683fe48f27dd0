#include "http/schema.hpp"
#include "identity/api/api.hpp"
#include "identity/api/filters.hpp"
#include "identity/api/password_turn.hpp"
#include "identity/api/reserved.hpp"
#include "identity/auth/administrators.hpp"
#include "identity/model/extra.hpp"
#include "identity/model/name_fields.hpp"
#include "identity/model/user_options.hpp"
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

/// Users of identity providers, and passwords that expire, don't exist: these filters find nothing.
const Filters& filters() {
    static const Filters all{{"id", "name", "domain_id", "enabled", "email", "description", "default_project_id",
                              "password_expires_at", "idp_id", "protocol_id", "unique_id"}};
    return all;
}

/// When a user counts as inactive he is shown as disabled, which he is.
json::object view(const Context& context, const http::Request& request, const User& user) {
    const bool enabled = user.enabled && !context.authority.rules().is_inactive(user, now_us());
    json::object out{{"id", user.id},
                     {"name", user.name},
                     {"domain_id", user.domain_id},
                     {"enabled", enabled},
                     {"options", user.options},
                     {"password_expires_at", password_expiry_json(user.password_expires_us)},
                     {"links", self_link(request, "/users/" + user.id)}};
    if (!user.default_project_id.empty()) out["default_project_id"] = user.default_project_id;
    if (!user.email.empty()) out["email"] = user.email;
    if (!user.description.empty()) out["description"] = user.description;
    show_extra(user.extra, out);
    return out;
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
    if (auto name = read_name(fields, kMaxName)) user.name = *name;
    if (auto enabled = read_enabled(fields)) user.enabled = *enabled;
    if (fields.has("email")) user.email = fields.string("email", 0, kMaxText).value_or("");
    if (fields.has("description")) user.description = fields.string("description", 0, kMaxText).value_or("");
    if (fields.has("default_project_id")) {
        user.default_project_id = fields.string("default_project_id", 1, kMaxId).value_or("");
    }
    read_options(fields, user);
}

void read_own(const json::object& body, User& user) {
    read_extra(body, "user",
               {"id", "name", "domain_id", "enabled", "email", "description", "default_project_id", "options",
                "password", "original_password", "password_expires_at", "links"},
               user.extra);
}

/// Hashing takes long, so it is done before the transaction; nullopt when the body has no password.
std::optional<std::string> read_password_hash(Context& context, http::Fields& fields) {
    const auto password = fields.string("password", 1, kMaxPassword);
    if (!password) return std::nullopt;
    return context.authority.hash_new(Secret(*password));
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
        auto item = view(context, request, user);
        if (fits(request, filters(), item)) items.push_back(std::move(item));
    }
    return list_response(request, "users", std::move(items));
}

http::Response show(Context& context, http::Request& request, const Caller& caller) {
    const auto& id = request.param("user_id");
    auto tx = context.database.read();
    const auto user = repo::find_user(tx, id);
    kGet.require(caller.auth, {.domain = user ? user->domain_id : "", .user = id});
    if (!user) not_found("user", id);
    return item_response(200, "user", view(context, request, *user));
}

http::Response create_now(Context& context, http::Request& request, const Caller& caller) {
    const auto body = body_object(request, "user");
    http::Fields fields(body, "user");
    User user;
    user.id = new_uuid();
    user.name = required_name(fields, kMaxName);
    user.domain_id = fields.string("domain_id", 1, kMaxId).value_or(kDefaultDomain);
    kCreate.require(caller.auth, {.domain = user.domain_id});
    read_common(fields, user);
    read_own(body, user);
    user.active_us = now_us();
    if (auto hash = read_password_hash(context, fields)) {
        context.authority.rules().put(user, std::move(*hash), SetBy::Administrator, user.active_us);
    }
    context.database.write_with([&](db::Transaction& tx) {
        if (!repo::find_domain(tx, user.domain_id)) not_found("domain", user.domain_id);
        require_default_project(tx, user);
        repo::insert_user(tx, user);
    });
    return item_response(201, "user", view(context, request, user));
}

http::Response create(Context& context, http::Request& request, const Caller& caller) {
    if (!has_password(request, "user")) return create_now(context, request, caller);
    return password_turn(context, [&context, &request, caller] { return create_now(context, request, caller); });
}

http::Response update_now(Context& context, http::Request& request, const Caller& caller) {
    const auto body = body_object(request, "user");
    http::Fields fields(body, "user");
    const auto hash = read_password_hash(context, fields);
    const auto user = context.database.write_with([&](db::Transaction& tx) {
        auto changed = require_own(tx, context, request, caller, kUpdate);
        const LastAdministrator administrator(tx, context.config, context.authority.rules());
        const bool was_inactive = context.authority.rules().is_inactive(changed, now_us());
        if (const auto domain = fields.string("domain_id", 1, kMaxId); domain && *domain != changed.domain_id) {
            fields.fail("domain_id", "can't be changed");
        }
        read_common(fields, changed);
        read_own(body, changed);
        if (read_enabled(fields).value_or(false)) PasswordRules::enable(changed, now_us());
        require_default_project(tx, changed);
        repo::update_user(tx, changed);
        if (hash) {
            const auto& rules = context.authority.rules();
            rules.put(changed, *hash, SetBy::Administrator, now_us());
            repo::set_password(tx, changed, rules.unique_count() - 1);
        }
        if (!changed.enabled || was_inactive) repo::delete_tokens_of_user(tx, changed.id);
        administrator.require_kept();
        return changed;
    });
    return item_response(200, "user", view(context, request, user));
}

http::Response update(Context& context, http::Request& request, const Caller& caller) {
    if (!has_password(request, "user")) return update_now(context, request, caller);
    return password_turn(context, [&context, &request, caller] { return update_now(context, request, caller); });
}

http::Response remove(Context& context, http::Request& request, const Caller& caller) {
    context.database.write_with([&](db::Transaction& tx) {
        const auto user = require_own(tx, context, request, caller, kDelete);
        const LastAdministrator administrator(tx, context.config, context.authority.rules());
        repo::delete_user(tx, user.id);
        administrator.require_kept();
    });
    return http::Response::empty(204);
}

/// Who knows the old password may change it, with or without a token; who is logged in with the old one is logged out.
http::Response change_password(Context& context, http::Request& request) {
    const auto body = body_object(request, "user");
    http::Fields fields(body, "user");
    const Secret before(fields.required_string("original_password", 1, kMaxPassword));
    const Secret after(fields.required_string("password", 1, kMaxPassword));
    context.authority.change_password(request.param("user_id"), before, after, request.remote_address);
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
    router.add(http::public_route("POST", one + "/password", [&context](http::Request& request) {
        return password_turn(context, [&context, &request] { return change_password(context, request); });
    }));
}

}  // namespace virga::identity::api
