#include "network/api/access.hpp"
#include "network/api/bodies.hpp"
#include "network/api/rule_view.hpp"
#include "network/model/fault.hpp"
#include "network/model/rule_check.hpp"
#include "network/repo/quota_repo.hpp"
#include "network/repo/security_group_repo.hpp"

namespace virga::network::api {
namespace {

const Collection kRules{"security_group_rule",
                        "security_group_rules",
                        "security_group_rules",
                        {{"security_group_id", "t.security_group_id"},
                         {"direction", "t.direction"},
                         {"ethertype", "t.ethertype"},
                         {"protocol", "COALESCE(t.protocol, '')"},
                         {"port_range_min", "COALESCE(t.port_range_min, -1)", Kind::Number},
                         {"port_range_max", "COALESCE(t.port_range_max, -1)", Kind::Number},
                         {"remote_ip_prefix", "COALESCE(t.remote_ip_prefix, '')"},
                         {"remote_group_id", "COALESCE(t.remote_group_id, '')"}},
                        {}};

/// A protocol may be a number.
std::string read_protocol(http::Fields& fields) {
    const auto* value = fields.any("protocol");
    if (value == nullptr || value->is_null()) return {};
    if (value->is_int64()) return checked_protocol(std::to_string(value->get_int64()));
    return checked_protocol(fields.string("protocol", 0, 40).value_or(""));
}

std::string read_ethertype(http::Fields& fields) {
    const auto text = fields.one_of("ethertype", {"IPv4", "IPv6", "ipv4", "ipv6"}).value_or("IPv4");
    return text == "IPv6" || text == "ipv6" ? "IPv6" : "IPv4";
}

/// The bounds depend on the protocol (check_rule); what no protocol has is refused with Neutron's words.
std::optional<std::int64_t> read_port(http::Fields& fields, const char* name) {
    const auto port = fields.integer(name, INT32_MIN, INT32_MAX);
    if (port && (*port < -1 || *port > 65535)) {
        throw bad_request("SecurityGroupInvalidPortValue", "security_group_rule." + std::string(name) +
                                                               ": Invalid value for port " + std::to_string(*port));
    }
    return port;
}

SecurityGroupRule read_rule(http::Fields& fields) {
    SecurityGroupRule rule;
    rule.id = new_uuid();
    rule.group_id = fields.required_uuid("security_group_id");
    rule.direction = fields.one_of("direction", {"ingress", "egress"}).value_or("");
    if (rule.direction.empty()) fields.fail("direction", "is required: ingress or egress");
    rule.ethertype = read_ethertype(fields);
    rule.protocol = read_protocol(fields);
    rule.port_min = read_port(fields, "port_range_min");
    rule.port_max = read_port(fields, "port_range_max");
    rule.remote_ip_prefix = fields.string("remote_ip_prefix", 0, 64).value_or("");
    rule.remote_group_id = fields.string("remote_group_id", 0, 255).value_or("");
    rule.description = fields.string("description", 0, 255).value_or("");
    accept_only(fields, "remote_address_group_id", nullptr);
    return rule;
}

json::object make(Context& context, db::Transaction& tx, http::Fields& fields, const identity::Auth& auth) {
    auto rule = read_rule(fields);
    project_of(fields, auth, "create_security_group_rule");
    fields.finish();
    check_rule(rule);
    const auto group = visible_security_group(tx, auth, rule.group_id);
    if (!rule.remote_group_id.empty()) visible_security_group(tx, auth, rule.remote_group_id);
    for (const auto& other : group.rules) {
        if (!is_same_rule(rule, other)) continue;
        throw conflict("SecurityGroupRuleExists", "Security group rule already exists. Rule id is " + other.id + ".");
    }
    rule.project_id = group.project_id;
    repo::check_quota(tx, context.config, rule.project_id, QuotaResource::SecurityGroupRules);
    repo::insert_security_group_rule(tx, rule);
    return rule_view(rule);
}

SecurityGroupRule visible_rule(db::Transaction& tx, const identity::Auth& auth, const std::string& id) {
    const auto rule = repo::find_security_group_rule(tx, id);
    if (!rule || !owns(auth, *rule)) throw security_group_rule_not_found(id);
    return *rule;
}

http::Response remove(Context& context, http::Request& request, const identity::Auth& auth) {
    context.database.write_with([&](db::Transaction& tx) {
        repo::delete_security_group_rule(tx, visible_rule(tx, auth, request.param("id")).id);
    });
    return http::Response::empty(204);
}

http::Response list_all(Context& context, http::Request& request, const identity::Auth& auth) {
    repo::ListQuery visible;
    see_own(auth, visible);
    auto listing = read_listing(request, kRules, std::move(visible));
    return list(context, request, kRules, std::move(listing), repo::list_security_group_rules, rule_view);
}

http::Response show(Context& context, http::Request& request, const identity::Auth& auth) {
    auto tx = context.database.read();
    return item_response(200, kRules, picked(request, rule_view(visible_rule(tx, auth, request.param("id")))));
}

}  // namespace

json::object rule_view(const SecurityGroupRule& rule) {
    auto out = standard_view(rule);
    out.erase("name");
    out["security_group_id"] = rule.group_id;
    out["direction"] = rule.direction;
    out["ethertype"] = rule.ethertype;
    out["protocol"] = string_or_null(rule.protocol);
    out["port_range_min"] = optional_or_null(rule.port_min);
    out["port_range_max"] = optional_or_null(rule.port_max);
    out["remote_ip_prefix"] = string_or_null(rule.remote_ip_prefix);
    out["remote_group_id"] = string_or_null(rule.remote_group_id);
    out["remote_address_group_id"] = nullptr;
    return out;
}

void add_security_group_rules(http::Router& router, Context& context) {
    add_route(router, context, "GET", "/security-group-rules", "get_security_group_rule", list_all);
    add_route(router, context, "POST", "/security-group-rules", "create_security_group_rule",
              [](Context& c, http::Request& request, const identity::Auth& auth) {
                  return create(c, request, kRules,
                                [&](db::Transaction& tx, http::Fields& fields) { return make(c, tx, fields, auth); });
              });
    add_route(router, context, "GET", "/security-group-rules/{id}", "get_security_group_rule", show);
    add_route(router, context, "DELETE", "/security-group-rules/{id}", "delete_security_group_rule", remove);
}

}  // namespace virga::network::api
