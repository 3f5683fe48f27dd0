#include "base/error.hpp"
#include "compute/api/api.hpp"
#include "compute/api/create_server.hpp"
#include "compute/api/input_rules.hpp"
#include "compute/api/server_query.hpp"
#include "compute/api/server_view.hpp"
#include "http/json_list.hpp"

namespace virga::compute::api {
namespace {

constexpr int kFullUpdateAnswer = 75;

std::vector<ServerId> ids_of(const std::vector<Server>& servers) {
    std::vector<ServerId> ids;
    for (const auto& server : servers) ids.push_back(server.id);
    return ids;
}

void add_detailed(const Call& call, db::Transaction& tx, const std::vector<Server>& servers, http::JsonList& list) {
    const auto ids = ids_of(servers);
    auto devices = repo::volumes_of(tx, ids);
    auto nics = call.d.networks.nics_of_servers(tx, ids);
    auto groups = call.d.networks.group_names_of_servers(tx, ids);
    ServerWriter writer(call, false);
    for (const auto& server : servers) {
        const auto of_ports = groups.find(server.id);
        const ServerParts parts{std::move(devices[server.id]), std::move(nics[server.id]),
                                of_ports == groups.end() ? server.security_groups : std::move(of_ports->second)};
        list.add_text([&](std::string& text) { writer.write(text, server, parts); });
    }
}

http::Response list(Call& call, bool detail) {
    auto tx = call.d.db.read();
    const auto filter = server_filter(call, tx);
    // A status or an id that no server can have.
    const bool impossible = call.request.query_value("status") && filter.vm_states.empty();
    const auto servers = impossible ? std::vector<Server>{} : repo::list_servers(tx, filter);
    http::JsonList list("servers", servers.size());
    if (detail) {
        add_detailed(call, tx, servers, list);
    } else {
        for (const auto& server : servers) list.add(brief_server(call, server));
    }
    json::object rest;
    if (!servers.empty() && servers.size() == filter.limit) {
        json::array links;
        links.push_back(
            json::object{{"rel", "next"}, {"href", http::next_link(call.request, servers.back().id.value)}});
        rest["servers_links"] = std::move(links);
    }
    return list.finish(rest);
}

http::Response show(Call& call) {
    auto tx = call.d.db.read();
    const auto server = visible_server(tx, call.auth, call.server_id());
    return json_response(200, "server", full_server(call, server, parts_of(tx, call, server)));
}

/// What PUT may change; fields that a microversion doesn't have are unknown to it.
void read_update(const Call& call, http::Fields& fields, Server& server) {
    if (fields.has("name")) server.name = read_server_name(fields);
    if (call.minor >= 19 && fields.has("description")) {
        server.description = fields.string("description", 0, 255).value_or("");
    }
    if (call.minor >= 90 && fields.has("hostname")) server.hostname = read_hostname(fields);
    if (fields.has("accessIPv4")) server.access_ip_v4 = read_address(fields, "accessIPv4");
    if (fields.has("accessIPv6")) server.access_ip_v6 = read_address(fields, "accessIPv6");
    if (const auto config = fields.one_of("OS-DCF:diskConfig", {"AUTO", "MANUAL"})) server.disk_config = *config;
    fields.finish();
}

/// The answer to an update shows no extended attributes before 2.75.
void drop_extended_attributes(json::object& view) {
    constexpr std::string_view kExtended[] = {"OS-EXT-",     "OS-SRV-USG:", "os-extended-volumes:", "config_drive",
                                              "host_status", "key_name",    "security_groups"};
    std::vector<std::string> extended;
    for (const auto& member : view) {
        for (const auto prefix : kExtended) {
            if (std::string_view(member.key()).starts_with(prefix)) extended.emplace_back(member.key());
        }
    }
    for (const auto& name : extended) view.erase(name);
}

http::Response update(Call& call) {
    const auto body = body_object(call.request, "server");
    http::Fields fields(body, "server");
    return call.d.db.write_with([&](db::Transaction& tx) {
        auto server = visible_server(tx, call.auth, call.server_id());
        read_update(call, fields, server);
        repo::update_details(tx, server);
        const auto now = repo::get_server(tx, server.id);
        auto parts = parts_of(tx, call, server);
        auto view = full_server(call, now, parts);
        if (call.minor < kFullUpdateAnswer) {
            drop_extended_attributes(view);
            view["addresses"] = plain_addresses(parts.nics);
        }
        return json_response(200, "server", std::move(view));
    });
}

http::Response remove(Call& call) {
    call.d.db.write_with(
        [&](db::Transaction& tx) {
            // From here on its flows, and other deletes, wait before they change it.
            repo::hold_server(tx, call.server_id());
            const auto server = visible_server(tx, call.auth, call.server_id());
            require_unlocked(call.auth, server);
            flows::remove(tx, call.d, call.auth, server.id);
        },
        db::Durability::Synced, db::Writers::Together);
    return http::Response::empty(204);
}

}  // namespace

void add_servers(Routes& routes) {
    routes.add("POST", "/servers", "os_compute_api:servers:create", create_server);
    routes.add("GET", "/servers", "os_compute_api:servers:index", [](Call& call) { return list(call, false); });
    routes.add("GET", "/servers/detail", "os_compute_api:servers:detail", [](Call& call) { return list(call, true); });
    routes.add("GET", "/servers/{server_id}", "os_compute_api:servers:show", show);
    routes.add("PUT", "/servers/{server_id}", "os_compute_api:servers:update", update);
    routes.add("DELETE", "/servers/{server_id}", "os_compute_api:servers:delete", remove);
}

}  // namespace virga::compute::api
