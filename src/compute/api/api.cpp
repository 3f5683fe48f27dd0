#include "compute/api/api.hpp"

#include <set>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "compute/flows/presence.hpp"
#include "compute/repo/quota_repo.hpp"
#include "compute/settings.hpp"

namespace virga::compute::api {
namespace {

constexpr const char* kPrefix = "/compute/v2.1";
constexpr std::string_view kHostsNamespace = "6e1c0f1e-3b0c-5d2a-9a57-5b1f8f0f6c11";

}  // namespace

const http::MicroversionRange& microversions() {
    static const http::MicroversionRange range{"compute", http::RequestHeader::NovaApiVersion, {2, 1}, {2, kMaxMinor}};
    return range;
}

ServerId Call::server_id() const {
    const auto& text = request.param("server_id");
    return ServerId(is_uuid_like(text) ? canonical_uuid(text) : text);
}

void Routes::add(std::string method, const std::string& path, const identity::policy::Access& access,
                 CallHandler handler, int since, int until) {
    auto handle = [&d = d_, handler = std::move(handler), since, until](http::Request& request,
                                                                        const identity::Auth& auth) {
        const auto version = http::negotiate(request, microversions());
        if (version.minor < since || version.minor > until) {
            throw Error(ErrorCode::NotFound, "The resource could not be found in API version " + version.text() + ".");
        }
        Call call{request, auth, version.minor, d};
        return handler(call);
    };
    router_.add(identity_.route(std::move(method), kPrefix + path, policies(), access, std::move(handle)));
}

http::Response json_response(int status, std::string_view key, json::value value) {
    json::object body;
    body[key] = std::move(value);
    return http::Response::with_json(status, body);
}

json::array links_of(const http::Request& request, const std::string& path) {
    json::array links;
    links.push_back(json::object{{"rel", "self"}, {"href", request.base_url + kPrefix + "/" + path}});
    links.push_back(json::object{{"rel", "bookmark"}, {"href", request.base_url + "/compute/" + path}});
    return links;
}

json::object body_object(const http::Request& request, std::string_view key) {
    const auto body = request.json_body();
    const auto* value = body.if_contains(key);
    if (value == nullptr || !value->is_object()) {
        throw Error(ErrorCode::InvalidInput, std::string(key) + ": is required and must be an object");
    }
    return value->get_object();
}

Server visible_server(db::Transaction& tx, const identity::Auth& auth, const ServerId& id) {
    auto server = repo::get_server(tx, id);
    if (!auth.reaches(server.project)) {
        throw Error(ErrorCode::NotFound, "Instance " + id.value + " could not be found.", {}, id.value);
    }
    return server;
}

void require_unlocked(const identity::Auth& auth, const Server& server) {
    static const identity::policy::Check override_lock(policies(),
                                                       "os_compute_api:os-lock-server:unlock:unlock_override");
    if (!server.locked || override_lock.allows(auth)) return;
    throw Error(ErrorCode::Conflict, "Instance " + server.id.value + " is locked", {}, server.id.value);
}

bool query_flag(const http::Request& request, std::string_view name) {
    static const std::set<std::string, std::less<>> kTrue{"", "1", "true", "True", "TRUE", "t", "yes", "on", "y"};
    const auto value = request.query_value(name);
    return value && kTrue.contains(*value);
}

std::int64_t QuotaLimits::of(const std::string& resource) const {
    if (const auto found = set_.find(resource); found != set_.end()) return found->second;
    if (resource == "instances") return config_.get(setting::quota_instances);
    if (resource == "cores") return config_.get(setting::quota_cores);
    if (resource == "ram") return config_.get(setting::quota_ram_mib);
    if (resource == "metadata_items") return config_.get(setting::quota_metadata_items);
    constexpr std::int64_t kKeyPairs = 100;
    constexpr std::int64_t kGroups = 10;
    if (resource == "key_pairs") return kKeyPairs;
    if (resource == "server_groups" || resource == "server_group_members") return kGroups;
    throw Error(ErrorCode::Internal, "no quota " + resource);
}

std::string hypervisor_uuid(const std::string& host) {
    return derived_uuid(kHostsNamespace, "hypervisor/" + host);
}

std::string service_uuid(const std::string& binary, const std::string& host) {
    return derived_uuid(kHostsNamespace, "service/" + binary + "/" + host);
}

std::string zone_of_host(flows::Dependencies& d, const rpc::HostState& host) {
    const auto zone = get_string(host.report, "zone");
    return zone.empty() ? d.config.get(setting::default_zone) : zone;
}

std::string zone_of(flows::Dependencies& d, const std::string& host) {
    const auto state = d.hosts.find(host);
    return state ? zone_of_host(d, *state) : d.config.get(setting::default_zone);
}

std::vector<rpc::HostState> compute_hosts(flows::Dependencies& d) {
    return flows::all_compute_hosts(d);
}

std::string host_id(const ProjectId& project, const std::string& host) {
    constexpr std::size_t kLength = 56;
    if (host.empty()) return {};
    return hash_hex(HashAlgorithm::Sha256, project.value + host).substr(0, kLength);
}

}  // namespace virga::compute::api
