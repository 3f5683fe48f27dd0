#include "compute/api/create_server.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "compute/api/boot_lookup.hpp"
#include "compute/api/create_request.hpp"
#include "compute/api/flavor_view.hpp"
#include "compute/model/block_device_plan.hpp"
#include "compute/model/config_drive.hpp"
#include "compute/model/hardware.hpp"
#include "compute/repo/flavor_repo.hpp"
#include "compute/repo/keypair_repo.hpp"
#include "compute/settings.hpp"
#include "http/target.hpp"

namespace virga::compute::api {
namespace {

constexpr std::size_t kNameLength = 255;
constexpr std::size_t kHostnameLength = 63;
/// They are made in one transaction.
constexpr std::int64_t kMostServers = 1000;

const identity::policy::Check kDestination(policies(), "compute:servers:create:requested_destination");
const identity::policy::Check kForcedHost(policies(), "os_compute_api:servers:create:forced_host");
const identity::policy::Check kZeroDisk(policies(), "os_compute_api:servers:create:zero_disk_flavor");

/// Everything that is settled before the first row is written.
struct Prepared {
    CreateRequest request;
    Flavor flavor;
    BlockDevicePlan plan;
    std::vector<network::NicRequest> nics;
    std::vector<std::string> security_group_ids;
    std::string key_data;
    ConfigDriveChoice config_drive;
};

Flavor boot_flavor(db::Transaction& tx, const Call& call, const std::string& id) {
    auto flavor = repo::find_flavor(tx, id);
    if (!flavor || flavor->disabled || !may_use(tx, call.auth, *flavor)) {
        throw Error(ErrorCode::InvalidInput, "server.flavorRef: Flavor " + id + " could not be found.");
    }
    return *std::move(flavor);
}

bool zone_exists(const Call& call, const std::string& zone) {
    if (zone.empty() || zone == call.d.config.get(setting::default_zone)) return true;
    const auto hosts = compute_hosts(call.d);
    return std::any_of(hosts.begin(), hosts.end(), [&](const auto& h) { return zone_of_host(call.d, h) == zone; });
}

void check_placement(const Call& call, const CreateRequest& request) {
    if (!zone_exists(call, request.zone)) {
        throw Error(ErrorCode::InvalidInput,
                    "server.availability_zone: the requested availability zone is not available");
    }
    if (request.host.empty()) return;
    (request.host_named ? kDestination : kForcedHost).require(call.auth);
    if (!request.host_named) return;
    const auto hosts = compute_hosts(call.d);
    const bool known = std::any_of(hosts.begin(), hosts.end(), [&](const auto& h) { return h.name == request.host; });
    if (!known)
        throw Error(ErrorCode::InvalidInput, "server.host: Compute host " + request.host + " could not be found.");
}

std::string public_key(db::Transaction& tx, const Call& call, const std::string& name) {
    if (name.empty()) return {};
    if (auto keypair = repo::find_keypair(tx, call.auth.user, name)) return std::move(keypair->public_key);
    throw Error(ErrorCode::InvalidInput, "server.key_name: invalid key_name provided: there is no keypair " + name);
}

void check_metadata(db::Transaction& tx, const Call& call, const json::object& metadata) {
    if (metadata.empty()) return;
    const auto limit = QuotaLimits(tx, call.d, call.auth.project.value).of("metadata_items");
    if (limit >= 0 && static_cast<std::int64_t>(metadata.size()) > limit) {
        throw Error(ErrorCode::QuotaExceeded,
                    "server.metadata: maximum number of metadata items exceeds " + std::to_string(limit));
    }
}

void check_single_address(const CreateRequest& request) {
    if (request.max_count <= 1 || !request.networks.is_array()) return;
    for (const auto& entry : request.networks.get_array()) {
        const auto& object = entry.get_object();
        if (get_optional_string(object, "port") || get_optional_string(object, "fixed_ip")) {
            throw Error(ErrorCode::InvalidInput, "server.networks: port and fixed_ip need max_count 1");
        }
    }
}

BlockDevicePlan plan(db::Transaction& tx, const Call& call, const CreateRequest& request, const Flavor& flavor) {
    BlockDeviceRequest wanted;
    wanted.legacy = request.block_devices;
    wanted.v2 = request.block_devices_v2;
    wanted.image_ref = request.image_ref;
    wanted.flavor = flavor;
    wanted.max_count = request.max_count;
    wanted.max_local = call.d.config.get(setting::max_local_block_devices);
    wanted.minor = call.minor;
    wanted.is_admin = kZeroDisk.allows(call.auth);
    wanted.trusted_certificates = request.trusted_certificates;
    ServiceLookup lookup(tx, call.d, call.auth);
    return plan_block_devices(wanted, lookup);
}

/// There is no metadata service: what a config drive would tell reaches no guest without one.
void refuse_without_drive(const CreateRequest& request) {
    for (const auto& [name, is_given] :
         {std::pair{"user_data", !request.user_data.empty()}, std::pair{"key_name", !request.key_name.empty()}})
        if (is_given)
            throw Error(ErrorCode::InvalidInput,
                        std::string("server.") + name + ": reaches a server by its config drive: set config_drive too");
}

/// Servers of the hint same_host must be there for the caller: no host could be the right one. Those of different_host
/// that aren't are on no host.
void check_hints(db::Transaction& tx, const Call& call, const CreateRequest& request) {
    for (const auto& id : request.same_host) {
        const auto server = repo::find_server(tx, ServerId(id));
        if (server && call.auth.reaches(server->project)) continue;
        throw Error(ErrorCode::InvalidInput, "os:scheduler_hints.same_host: there is no server " + id);
    }
}

/// The read phase: one transaction, no lock.
Prepared prepare(const Call& call) {
    Prepared prepared;
    prepared.request = read_create_request(call.request.json_body(), call.minor);
    const auto& request = prepared.request;
    check_placement(call, request);
    check_single_address(request);
    auto tx = call.d.db.read();
    check_hints(tx, call, request);
    prepared.key_data = public_key(tx, call, request.key_name);
    check_metadata(tx, call, request.metadata);
    prepared.flavor = boot_flavor(tx, call, request.flavor_ref);
    prepared.plan = plan(tx, call, request, prepared.flavor);
    check_hardware(prepared.plan.image_properties, prepared.flavor.extra_specs, prepared.flavor.vcpus);
    prepared.config_drive = choose_config_drive(request.config_drive, prepared.plan.image_properties,
                                                call.d.config.get(setting::force_config_drive));
    if (!prepared.config_drive.made) refuse_without_drive(request);
    prepared.nics = call.d.networks.check_request(tx, call.auth, request.networks, request.max_count);
    prepared.security_group_ids = call.d.networks.resolve_security_groups(tx, call.auth, request.security_groups);
    return prepared;
}

/// How many more servers of this flavor one limit allows.
std::int64_t room(std::int64_t limit, std::int64_t used, std::int64_t each) {
    if (limit < 0 || each == 0) return INT64_MAX;
    return std::max<std::int64_t>(0, (limit - used) / each);
}

[[noreturn]] void over_quota(const char* resource, std::int64_t wanted, std::int64_t used, std::int64_t limit) {
    throw Error(ErrorCode::QuotaExceeded, std::string("Quota exceeded for ") + resource + ": Requested " +
                                              std::to_string(wanted) + ", but already used " + std::to_string(used) +
                                              " of " + std::to_string(limit) + " " + resource);
}

/// Number of servers that the quota lets begin: max_count, or fewer down to min_count (block-devices.md 5).
std::int64_t count_within_quota(db::Transaction& tx, const Call& call, const Prepared& prepared) {
    const auto& project = call.auth.project;
    const auto used = repo::usage_of_project(tx, project);
    const auto& flavor = prepared.flavor;
    struct Line {
        const char* resource;
        std::int64_t limit;
        std::int64_t used;
        std::int64_t each;
    };
    auto count = prepared.request.max_count;
    const QuotaLimits limits(tx, call.d, project.value);
    const auto ports = call.d.networks.port_usage(tx, project);
    const auto new_ports =
        std::count_if(prepared.nics.begin(), prepared.nics.end(), [](const auto& nic) { return nic.port.empty(); });
    for (const auto& line : {Line{"instances", limits.of("instances"), used.servers, 1},
                             Line{"cores", limits.of("cores"), used.vcpus, flavor.vcpus},
                             Line{"ram", limits.of("ram"), used.memory_mib, flavor.memory_mib},
                             Line{"ports", ports.limit, ports.used, new_ports}}) {
        const auto possible = room(line.limit, line.used, line.each);
        if (possible < prepared.request.min_count) {
            over_quota(line.resource, prepared.request.min_count * line.each, line.used, line.limit);
        }
        count = std::min(count, possible);
    }
    if (count > kMostServers) {
        throw Error(ErrorCode::InvalidInput, "server.max_count: at most " + std::to_string(kMostServers) +
                                                 " servers can be made by one request");
    }
    return count;
}

/// As many as find addresses, but min_count at least: where even they don't, the claim of the first without one says
/// so.
std::int64_t count_with_addresses(db::Transaction& tx, const Call& call, const Prepared& prepared, std::int64_t count) {
    const auto least = prepared.request.min_count;
    if (count <= least) return count;
    return std::max(least, call.d.networks.address_room(tx, prepared.nics, count));
}

/// A host name from a server's name: letters, digits and '-', at most 63.
std::string hostname_of(const std::string& name, const ServerId& id) {
    std::string out;
    for (const char c : name) {
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-') out += c;
        if (c >= 'A' && c <= 'Z') out += static_cast<char>(c - 'A' + 'a');
        if (c == ' ' || c == '_' || c == '.') out += '-';
    }
    out.resize(std::min(out.size(), kHostnameLength));
    while (!out.empty() && out.back() == '-') out.pop_back();
    out.erase(0, std::min(out.find_first_not_of('-'), out.size()));
    return out.empty() ? "server-" + id.value : out;
}

/// Names of several servers are told apart by a number, and are no longer than a name may be.
std::string numbered(const char* field, const std::string& name, std::size_t most, std::int64_t index,
                     std::int64_t count) {
    if (count == 1) return name;
    auto out = name + "-" + std::to_string(index + 1);
    if (http::utf8_length(out) <= most) return out;
    throw Error(ErrorCode::InvalidInput, std::string("server.") + field + ": with \"-" + std::to_string(index + 1) +
                                             "\" behind it, as one of " + std::to_string(count) +
                                             " servers, it must have at most " + std::to_string(most) + " characters");
}

Server server_of(const Call& call, const Prepared& prepared, std::int64_t index, std::int64_t count) {
    const auto& request = prepared.request;
    Server server;
    server.id = new_id<ServerId>();
    server.name = numbered("name", request.name, kNameLength, index, count);
    server.description = call.minor >= 19 ? request.description : server.name;
    server.hostname = request.hostname.empty() ? hostname_of(server.name, server.id)
                                               : numbered("hostname", request.hostname, kHostnameLength, index, count);
    server.project = call.auth.project;
    server.user = call.auth.user;
    server.vm_state = VmState::Building;
    server.task_state = TaskState::Scheduling;
    server.image_id = prepared.plan.volume_backed ? std::string() : request.image_ref;
    server.flavor = prepared.flavor;
    server.key_name = request.key_name;
    server.key_data = prepared.key_data;
    server.availability_zone = request.zone;
    server.root_device_name = prepared.plan.root_device_name;
    server.user_data = request.user_data;
    server.metadata = request.metadata;
    server.tags = request.tags;
    server.security_groups = request.security_groups;
    if (server.security_groups.empty()) server.security_groups.emplace_back("default");
    server.has_config_drive = prepared.config_drive.made;
    server.launch_index = index;
    server.access_ip_v4 = request.access_ip_v4;
    server.access_ip_v6 = request.access_ip_v6;
    server.disk_config = request.disk_config;
    server.created_us = now_us();
    server.updated_us = server.created_us;
    return server;
}

flows::BootRequest boot_request(const Prepared& prepared, Server server) {
    flows::BootRequest boot;
    boot.server = std::move(server);
    boot.block_devices = prepared.plan.devices;
    for (auto& device : boot.block_devices) {
        device.id = new_id<BdmId>();
        device.server = boot.server.id;
    }
    boot.nics = prepared.nics;
    boot.security_group_ids = prepared.security_group_ids;
    boot.decisions = prepared.plan.decisions;
    boot.config_drive_reason = prepared.config_drive.reason;
    boot.wanted_host = prepared.request.host;
    boot.same_host = prepared.request.same_host;
    boot.different_host = prepared.request.different_host;
    return boot;
}

std::string new_reservation_id() {
    constexpr std::size_t kLength = 8;
    std::string id = "r-";
    for (const char c : hash_hex(HashAlgorithm::Sha1, new_uuid()).substr(0, kLength)) id += c;
    return id;
}

/// Volumes and their quotas are changed by writers that are alone.
db::Writers writers_for(const Prepared& prepared) {
    const auto& devices = prepared.plan.devices;
    const bool has_volumes = std::any_of(devices.begin(), devices.end(), [](const auto& d) { return d.is_volume(); });
    return has_volumes ? db::Writers::Alone : db::Writers::Together;
}

/// The write phase: one transaction for all servers of the request.
std::vector<Server> begin(const Call& call, const Prepared& prepared, const std::string& reservation,
                          const std::string& password) {
    const auto accept = [&](db::Transaction& tx) {
        tx.lock(db::Lock::Project, call.auth.project.value);
        const auto count = count_with_addresses(tx, call, prepared, count_within_quota(tx, call, prepared));
        std::vector<Server> servers;
        for (std::int64_t i = 0; i < count; ++i) {
            auto server = server_of(call, prepared, i, count);
            server.admin_password = password;
            server.reservation_id = reservation;
            flows::boot(tx, call.d, call.auth, boot_request(prepared, server));
            servers.push_back(std::move(server));
        }
        return servers;
    };
    return call.d.db.write_with(accept, db::Durability::Synced, writers_for(prepared));
}

/// Empty when servers get none.
std::string password_of(const Call& call, const Prepared& prepared) {
    constexpr std::size_t kPasswordBytes = 9;
    if (!call.d.config.get(setting::enable_instance_password)) return {};
    const auto& given = prepared.request.admin_password;
    return given.empty() ? random_token(kPasswordBytes) : given;
}

json::object created_view(const Call& call, const Server& server, const std::string& password) {
    json::array groups;
    for (const auto& name : server.security_groups) groups.push_back(json::object{{"name", name}});
    json::object view{{"id", server.id.value},
                      {"links", links_of(call.request, "servers/" + server.id.value)},
                      {"OS-DCF:diskConfig", server.disk_config},
                      {"security_groups", std::move(groups)}};
    if (!password.empty()) view["adminPass"] = password;
    return view;
}

}  // namespace

http::Response create_server(Call& call) {
    const auto prepared = prepare(call);
    const auto reservation = new_reservation_id();
    const auto password = password_of(call, prepared);
    const auto servers = begin(call, prepared, reservation, password);
    if (prepared.request.return_reservation_id) return json_response(202, "reservation_id", json::value(reservation));
    auto response = json_response(202, "server", created_view(call, servers.front(), password));
    response.headers.set("Location", call.request.base_url + "/compute/v2.1/servers/" + servers.front().id.value);
    return response;
}

}  // namespace virga::compute::api
