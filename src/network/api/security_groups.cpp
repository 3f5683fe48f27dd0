#include "network/api/access.hpp"
#include "network/api/bodies.hpp"
#include "network/api/rule_view.hpp"
#include "network/model/fault.hpp"
#include "network/repo/quota_repo.hpp"
#include "network/repo/security_group_repo.hpp"

namespace virga::network::api {
namespace {

const identity::policy::Check kDefault(policies(), "update_security_group:default");

const Collection kGroups{"security_group",
                         "security_groups",
                         "security_groups",
                         {{"stateful", "t.stateful", Kind::Boolean}, {"shared", "0", Kind::Boolean}},
                         {}};

json::object view(const SecurityGroup& group) {
    json::array rules;
    for (const auto& rule : group.rules) rules.push_back(rule_view(rule));
    auto out = standard_view(group);
    out["stateful"] = group.stateful;
    out["shared"] = false;
    out["security_group_rules"] = std::move(rules);
    return out;
}

/// The default group appears when its project first looks.
void ensure_default(Context& context, const std::string& project) {
    const auto is_there = [&](db::Transaction& tx) { return repo::has_default_group(tx, project); };
    if (context.database.read_with(is_there)) return;
    context.database.write_with([&](db::Transaction& tx) { repo::ensure_default_group(tx, project); });
}

json::object make(Context& context, db::Transaction& tx, http::Fields& fields, const identity::Auth& auth) {
    SecurityGroup group;
    group.id = new_uuid();
    group.project_id = project_of(fields, auth, "create_security_group");
    read_names(fields, group);
    group.stateful = fields.boolean("stateful").value_or(true);
    fields.finish();
    if (group.name == kDefaultGroupName) {
        throw conflict("SecurityGroupDefaultAlreadyExists",
                       "Default security group already exists: choose another name.");
    }
    repo::ensure_default_group(tx, group.project_id);
    repo::check_quota(tx, context.config, group.project_id, QuotaResource::SecurityGroups);
    repo::insert_security_group(tx, group);
    return view(group);
}

json::object change(db::Transaction& tx, http::Fields& fields, const identity::Auth& auth, const std::string& id) {
    auto group = visible_security_group(tx, auth, id);
    const auto name = group.name;
    read_names(fields, group);
    if (const auto stateful = fields.boolean("stateful"); stateful && *stateful != group.stateful) {
        if (repo::security_group_is_used(tx, id)) {
            throw conflict("SecurityGroupInUse", "Security Group " + id + " in use: stateful can't change.");
        }
        group.stateful = *stateful;
    }
    fields.finish();
    if (group.name != name && (group.is_default || group.name == kDefaultGroupName)) {
        throw conflict("SecurityGroupCannotUpdateDefault", "The name of the default security group can't be changed.");
    }
    repo::update_security_group(tx, group);
    return view(group);
}

http::Response remove(Context& context, http::Request& request, const identity::Auth& auth) {
    const auto& id = request.param("id");
    context.database.write_with([&](db::Transaction& tx) {
        const auto group = visible_security_group(tx, auth, id);
        if (group.is_default && !kDefault.allows(auth)) {
            throw conflict("SecurityGroupCannotRemoveDefault", "Removing the default security group is not allowed.");
        }
        if (repo::security_group_is_used(tx, id)) {
            throw conflict("SecurityGroupInUse", "Security Group " + id + " in use.");
        }
        repo::delete_security_group(tx, id);
    });
    return http::Response::empty(204);
}

http::Response list_all(Context& context, http::Request& request, const identity::Auth& auth) {
    ensure_default(context, auth.project.value);
    repo::ListQuery visible;
    see_own(auth, visible);
    auto listing = read_listing(request, kGroups, std::move(visible));
    return list(context, request, kGroups, std::move(listing), repo::list_security_groups, view);
}

http::Response show(Context& context, http::Request& request, const identity::Auth& auth) {
    ensure_default(context, auth.project.value);
    auto tx = context.database.read();
    return item_response(200, kGroups, picked(request, view(visible_security_group(tx, auth, request.param("id")))));
}

}  // namespace

void add_security_groups(http::Router& router, Context& context) {
    add_route(router, context, "GET", "/security-groups", "get_security_group", list_all);
    add_route(router, context, "POST", "/security-groups", "create_security_group",
              [](Context& c, http::Request& request, const identity::Auth& auth) {
                  return create(c, request, kGroups,
                                [&](db::Transaction& tx, http::Fields& fields) { return make(c, tx, fields, auth); });
              });
    add_route(router, context, "GET", "/security-groups/{id}", "get_security_group", show);
    add_route(router, context, "PUT", "/security-groups/{id}", "update_security_group",
              [](Context& c, http::Request& request, const identity::Auth& auth) {
                  return update(c, request, kGroups, [&](db::Transaction& tx, http::Fields& fields) {
                      return change(tx, fields, auth, request.param("id"));
                  });
              });
    add_route(router, context, "DELETE", "/security-groups/{id}", "delete_security_group", remove);
}

}  // namespace virga::network::api
