#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "compute/api/api.hpp"
#include "compute/api/query_rules.hpp"
#include "compute/repo/host_repo.hpp"
#include "compute/repo/server_repo.hpp"

namespace virga::compute::api {
namespace {

constexpr int kPagedSince = 33;
constexpr int kUuidSince = 53;
constexpr int kSlimSince = 88;  ///< no usage, no statistics; uptime instead

/// Below 2.53 ids are numbers: the place in the list of names.
json::value id_of(const Call& call, const std::string& host, std::size_t index) {
    if (call.minor >= kUuidSince) return json::value(hypervisor_uuid(host));
    return json::value(static_cast<std::int64_t>(index) + 1);
}

/// As the list of services has it, where those of the control process come first.
json::value service_id_of(const Call& call, const std::string& host, std::size_t index) {
    if (call.minor >= kUuidSince) return json::value(service_uuid("nova-compute", host));
    return json::value(static_cast<std::int64_t>(index) + 3);
}

std::vector<rpc::HostState> sorted_hosts(const Call& call) {
    auto hosts = compute_hosts(call.d);
    std::sort(hosts.begin(), hosts.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return hosts;
}

using Rows = std::map<std::string, Host>;
using States = std::map<std::string, ServiceState>;
using Servers = std::map<std::string, std::vector<ServerId>>;

Rows rows_of_hosts(db::Transaction& tx) {
    Rows rows;
    for (auto& host : repo::all_hosts(tx)) {
        auto name = host.name;
        rows.emplace(std::move(name), std::move(host));
    }
    return rows;
}

void add_usage(const Rows& rows, const rpc::HostState& host, json::object& out) {
    const auto found = rows.find(host.name);
    const auto row = found == rows.end() ? Host{} : found->second;
    const auto& used = row.used;
    const auto& report = host.report;
    out["vcpus"] = get_int(report, "vcpus");
    out["vcpus_used"] = used.vcpus;
    out["memory_mb"] = get_int(report, "memory_mib");
    out["memory_mb_used"] = used.memory_mib;
    out["free_ram_mb"] = get_int(report, "memory_mib") - used.memory_mib;
    out["local_gb"] = get_int(report, "disk_gib");
    out["local_gb_used"] = used.disk_gib;
    out["free_disk_gb"] = get_int(report, "disk_gib") - used.disk_gib;
    out["disk_available_least"] = get_int(report, "free_disk_gib");
    out["current_workload"] = 0;
    out["running_vms"] = row.servers;
}

void add_servers_of(const Servers& servers, const rpc::HostState& host, json::object& out) {
    const auto found = servers.find(host.name);
    if (found == servers.end()) return;
    json::array list;
    for (const auto& id : found->second) list.push_back(json::object{{"uuid", id.value}, {"name", id.value}});
    out["servers"] = std::move(list);
}

ServiceState state_of(const States& states, const std::string& host) {
    const auto found = states.find(host);
    return found == states.end() ? ServiceState{} : found->second;
}

json::object brief(const States& states, const Call& call, const rpc::HostState& host, std::size_t index) {
    const auto service = state_of(states, host.name);
    return {{"id", id_of(call, host.name, index)},
            {"hypervisor_hostname", host.name},
            {"state", host.answers && !service.forced_down ? "up" : "down"},
            {"status", service.disabled ? "disabled" : "enabled"}};
}

json::object full(const Rows& rows, const States& states, const Call& call, const rpc::HostState& host,
                  std::size_t index) {
    auto out = brief(states, call, host, index);
    out["hypervisor_type"] = get_string(host.report, "hypervisor_type");
    out["hypervisor_version"] = get_int(host.report, "hypervisor_version");
    out["host_ip"] = get_string(host.report, "host_ip", "127.0.0.1");
    json::object service{
        {"id", service_id_of(call, host.name, index)}, {"host", host.name}, {"disabled_reason", nullptr}};
    if (const auto reason = state_of(states, host.name).disabled_reason; !reason.empty())
        service["disabled_reason"] = reason;
    out["service"] = std::move(service);
    if (call.minor >= kSlimSince) {
        out["uptime"] = nullptr;
        return out;
    }
    add_usage(rows, host, out);
    if (call.minor >= 28) {
        out["cpu_info"] = get_object(host.report, "cpu_info");
    } else {
        out["cpu_info"] = json::serialize(get_object(host.report, "cpu_info"));
    }
    return out;
}

std::string wanted_name(const Call& call) {
    if (call.minor < kUuidSince) return {};
    return call.request.query_value("hypervisor_hostname_pattern").value_or("");
}

std::string text_of(const json::value& id) {
    return id.is_string() ? std::string(id.get_string()) : json::serialize(id);
}

/// Place of the host behind the marker, which is an id.
std::size_t page_start(const Call& call, const std::vector<rpc::HostState>& hosts,
                       const std::optional<std::string>& marker) {
    if (!marker) return 0;
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        if (text_of(id_of(call, hosts[i].name, i)) == *marker) return i + 1;
    }
    throw Error(ErrorCode::InvalidInput, "marker: there is no hypervisor " + marker->substr(0, 64));
}

http::Response list(Call& call, bool detail) {
    check_query(call, "os-hypervisors");
    auto tx = call.d.db.read();
    const auto hosts = sorted_hosts(call);
    const auto pattern = wanted_name(call);
    const bool with_servers = call.minor >= kUuidSince && query_flag(call.request, "with_servers");
    const auto rows = detail && call.minor < kSlimSince ? rows_of_hosts(tx) : Rows{};
    const auto states = repo::service_states(tx);
    const auto servers = with_servers ? repo::servers_of_hosts(tx) : Servers{};
    const auto page = call.minor >= kPagedSince ? http::page_of(call.request) : http::Page{hosts.size(), std::nullopt};
    json::array views;
    for (auto i = page_start(call, hosts, page.marker); i < hosts.size() && views.size() < page.limit; ++i) {
        if (hosts[i].name.find(pattern) == std::string::npos) continue;
        auto out = detail ? full(rows, states, call, hosts[i], i) : brief(states, call, hosts[i], i);
        if (with_servers) add_servers_of(servers, hosts[i], out);
        views.push_back(std::move(out));
    }
    if (!pattern.empty() && views.empty()) {
        throw Error(ErrorCode::NotFound, "No hypervisor matching '" + pattern + "' could be found.");
    }
    json::object body;
    if (call.minor >= kPagedSince && !views.empty() && views.size() == page.limit) {
        const auto last = text_of(views.back().as_object().at("id"));
        json::array links;
        links.push_back(json::object{{"rel", "next"}, {"href", http::next_link(call.request, last)}});
        body["hypervisors_links"] = std::move(links);
    }
    body["hypervisors"] = std::move(views);
    return http::Response::with_json(200, body);
}

http::Response show(Call& call) {
    check_query(call, "os-hypervisors/{hypervisor_id}");
    auto tx = call.d.db.read();
    const auto hosts = sorted_hosts(call);
    const auto rows = rows_of_hosts(tx);
    const auto states = repo::service_states(tx);
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        const auto id = id_of(call, hosts[i].name, i);
        if (text_of(id) != call.param("hypervisor_id")) continue;
        auto out = full(rows, states, call, hosts[i], i);
        if (call.minor >= kUuidSince && query_flag(call.request, "with_servers"))
            add_servers_of(repo::servers_of_hosts(tx), hosts[i], out);
        return json_response(200, "hypervisor", std::move(out));
    }
    throw Error(ErrorCode::NotFound, "Hypervisor with ID '" + call.param("hypervisor_id") + "' could not be found.");
}

http::Response statistics(Call& call) {
    auto tx = call.d.db.read();
    const auto rows = rows_of_hosts(tx);
    json::object sums{{"count", 0}};
    for (const auto& host : sorted_hosts(call)) {
        json::object usage;
        add_usage(rows, host, usage);
        for (const auto& item : usage) sums[item.key()] = get_int(sums, item.key()) + item.value().as_int64();
        sums["count"] = get_int(sums, "count") + 1;
    }
    return json_response(200, "hypervisor_statistics", std::move(sums));
}

}  // namespace

void add_hypervisors(Routes& routes) {
    routes.add("GET", "/os-hypervisors", "os_compute_api:os-hypervisors:list",
               [](Call& call) { return list(call, false); });
    routes.add("GET", "/os-hypervisors/detail", "os_compute_api:os-hypervisors:list-detail",
               [](Call& call) { return list(call, true); });
    routes.add("GET", "/os-hypervisors/statistics", "os_compute_api:os-hypervisors:statistics", statistics, 1,
               kSlimSince - 1);
    routes.add("GET", "/os-hypervisors/{hypervisor_id}", "os_compute_api:os-hypervisors:show", show);
}

}  // namespace virga::compute::api
