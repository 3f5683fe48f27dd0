#include "network/api/api.hpp"

#include "network/model/fault.hpp"

namespace virga::network::api {
namespace {

http::Response fault_response(const Fault& fault) {
    json::object error{{"type", fault.type()}, {"message", fault.message()}, {"detail", ""}};
    json::object body;
    body["NeutronError"] = std::move(error);
    return http::Response::with_json(fault.status(), body);
}

}  // namespace

void add_route(http::Router& router, Context& context, const char* method, const std::string& path, const char* policy,
               Handler handler) {
    auto typed = [&context, handler = std::move(handler)](http::Request& request, const identity::Auth& auth) {
        try {
            return handler(context, request, auth);
        } catch (const Fault& fault) {
            return fault_response(fault);
        }
    };
    router.add(context.identity.route(method, "/network/v2.0" + path, policies(), policy, std::move(typed)));
}

void register_routes(http::Router& router, Context& context) {
    router.set_fault_writer("/network", http::neutron_fault);
    add_versions(router);
    add_extensions(router, context);
    add_networks(router, context);
    add_subnets(router, context);
    add_ports(router, context);
    add_security_groups(router, context);
    add_security_group_rules(router, context);
    add_quotas(router, context);
    add_empty_lists(router, context);
}

}  // namespace virga::network::api
