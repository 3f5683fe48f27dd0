#include <algorithm>

#include "compute/api/api.hpp"
#include "compute/api/query_rules.hpp"

namespace virga::compute::api {
namespace {

struct Line {
    std::string binary;
    std::string host;
    std::string zone;
    bool up = true;
};

/// The control process plays the parts of Nova's scheduler and conductor.
std::vector<Line> lines(const Call& call) {
    std::vector<Line> all{{"nova-conductor", "control", "internal"}, {"nova-scheduler", "control", "internal"}};
    auto hosts = compute_hosts(call.d);
    std::sort(hosts.begin(), hosts.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    for (const auto& host : hosts) all.push_back({"nova-compute", host.name, zone_of_host(call.d, host), host.answers});
    return all;
}

json::object view(const Call& call, const Line& line, std::size_t index) {
    json::object out{{"binary", line.binary},
                     {"host", line.host},
                     {"zone", line.zone},
                     {"status", "enabled"},
                     {"state", line.up ? "up" : "down"},
                     {"updated_at", iso8601_us(now_us())},
                     {"disabled_reason", nullptr}};
    if (call.minor >= 53) {
        out["id"] = host_uuid("service/" + line.binary, line.host);
    } else {
        out["id"] = static_cast<std::int64_t>(index) + 1;
    }
    if (call.minor >= 11) out["forced_down"] = false;
    return out;
}

http::Response list(Call& call) {
    check_query(call, "os-services");
    const auto binary = call.request.query_value("binary");
    const auto host = call.request.query_value("host");
    json::array views;
    std::size_t index = 0;
    for (const auto& line : lines(call)) {
        const auto at = index++;
        if ((binary && *binary != line.binary) || (host && *host != line.host)) continue;
        views.push_back(view(call, line, at));
    }
    return json_response(200, "services", std::move(views));
}

}  // namespace

void add_services(Routes& routes) {
    routes.add("GET", "/os-services", "os_compute_api:os-services:list", list);
}

}  // namespace virga::compute::api
