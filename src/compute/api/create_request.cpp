#include "compute/api/create_request.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "compute/api/input_rules.hpp"
#include "http/schema.hpp"

namespace virga::compute::api {
namespace {

constexpr std::int64_t kLargest = 2147483647;
constexpr std::size_t kLongText = 65535;
constexpr std::size_t kMostEntries = 256;

std::string last_segment(const std::string& text) {
    const auto slash = text.rfind('/');
    return slash == std::string::npos ? text : text.substr(slash + 1);
}

std::string read_image_ref(http::Fields& fields) {
    const auto text = fields.string("imageRef", 0, kLongText).value_or("");
    if (text.empty()) return {};
    const auto id = last_segment(text);
    if (!is_uuid_like(id)) fields.fail("imageRef", "invalid imageRef provided: must be the id of an image");
    return canonical_uuid(id);
}

std::string read_flavor_ref(http::Fields& fields) {
    const auto* value = fields.any("flavorRef");
    if (value == nullptr || value->is_null()) fields.fail("flavorRef", "is required");
    if (value->is_int64()) return std::to_string(value->get_int64());
    const auto text = fields.required_string("flavorRef", 1, kLongText);
    const auto id = last_segment(text);
    if (id.empty()) fields.fail("flavorRef", "must be the id of a flavor");
    return id;
}

std::optional<json::array> read_list(http::Fields& fields, std::string_view name) {
    const auto* list = fields.array(name, kMostEntries);
    if (list == nullptr) return std::nullopt;
    return *list;
}

void check_network(const json::value& value, std::size_t index, int minor) {
    const auto where = "server.networks." + std::to_string(index);
    if (!value.is_object()) throw Error(ErrorCode::InvalidInput, where + ": must be an object");
    http::Fields fields(value.get_object(), where);
    const auto uuid = fields.uuid("uuid");
    const auto port = fields.uuid("port");
    fields.string("fixed_ip", 1, 64);
    if (minor == 32 || minor >= 42) fields.string("tag", 1, 60);
    fields.finish();
    if (!uuid && !port) fields.fail("uuid", "name a network (uuid) or a port");
}

json::value read_networks(http::Fields& fields, int minor) {
    constexpr int kRequiredSince = 37;
    const auto* value = fields.any("networks");
    if (value == nullptr || value->is_null()) {
        if (minor >= kRequiredSince) fields.fail("networks", "is required: a list, \"auto\" or \"none\"");
        return nullptr;
    }
    if (minor >= kRequiredSince && value->is_string()) {
        if (value->get_string() == "auto" || value->get_string() == "none") return *value;
    }
    if (!value->is_array()) fields.fail("networks", "must be a list, or from 2.37 on \"auto\" or \"none\"");
    const auto& list = *fields.array("networks", kMostEntries);
    for (std::size_t i = 0; i < list.size(); ++i) check_network(list[i], i, minor);
    if (list.empty()) return nullptr;
    return *value;
}

void read_counts(http::Fields& fields, CreateRequest& out) {
    const auto min = fields.integer("min_count", 1, kLargest);
    const auto max = fields.integer("max_count", 1, kLargest);
    out.min_count = min.value_or(1);
    out.max_count = max.value_or(out.min_count);
    if (out.min_count > out.max_count) fields.fail("min_count", "must be at most max_count");
    out.return_reservation_id = fields.boolean("return_reservation_id").value_or(false);
}

std::vector<std::string> read_security_groups(http::Fields& fields) {
    std::vector<std::string> names;
    const auto* list = fields.array("security_groups", kMostEntries);
    if (list == nullptr) return names;
    for (std::size_t i = 0; i < list->size(); ++i) {
        const auto where = "server.security_groups." + std::to_string(i);
        if (!(*list)[i].is_object()) throw Error(ErrorCode::InvalidInput, where + ": must be an object");
        http::Fields group((*list)[i].get_object(), where);
        auto name = group.required_string("name", 1, 255);
        group.finish();
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
    }
    return names;
}

std::string read_user_data(http::Fields& fields) {
    auto text = fields.string("user_data", 0, kLongText).value_or("");
    std::string decoded;
    if (!base64_decode(text, decoded)) fields.fail("user_data", "must be base64");
    return text;
}

/// "zone", "zone:host", "zone:host:node".
void read_zone(http::Fields& fields, CreateRequest& out) {
    const auto text = fields.string("availability_zone", 1, 255).value_or("");
    const auto colon = text.find(':');
    out.zone = text.substr(0, colon);
    if (colon == std::string::npos) return;
    const auto end = text.find(':', colon + 1);
    if (end != std::string::npos && text.find(':', end + 1) != std::string::npos) {
        fields.fail("availability_zone", "write zone, zone:host or zone:host:node");
    }
    out.host = text.substr(colon + 1, end == std::string::npos ? end : end - colon - 1);
    if (out.host.empty() && end != std::string::npos) out.host = text.substr(end + 1);
}

void read_hosts(http::Fields& fields, CreateRequest& out) {
    const auto host = fields.string("host", 1, 255);
    const auto node = fields.string("hypervisor_hostname", 1, 255);
    if (!host && !node) return;
    if (!out.host.empty()) fields.fail("host", "can't be given together with availability_zone zone:host");
    if (host && node && *host != *node) fields.fail("hypervisor_hostname", "is not a node of host " + *host);
    out.host = host ? *host : *node;
    out.host_named = true;
}

/// Nova has dropped it; below 2.57 an empty list is accepted.
void read_personality(http::Fields& fields) {
    const auto* files = fields.array("personality", kMostEntries);
    if (files != nullptr && !files->empty()) {
        fields.fail("personality", "files can't be injected into a server: use user_data");
    }
}

void read_certificates(http::Fields& fields, CreateRequest& out) {
    const auto* list = fields.array("trusted_image_certificates", 50);
    out.trusted_certificates = list != nullptr && !list->empty();
    if (out.trusted_certificates && !out.image_ref.empty()) {
        fields.fail("trusted_image_certificates", "image signatures are not verified by this cloud: leave it out");
    }
}

void read_newer(http::Fields& fields, int minor, CreateRequest& out) {
    if (minor >= 19) out.description = fields.string("description", 0, 255).value_or("");
    if (minor >= 52) {
        if (const auto* tags = fields.array("tags", 50)) out.tags = read_tags(*tags, "server.tags");
    }
    if (minor <= 56) read_personality(fields);
    if (minor >= 63) read_certificates(fields, out);
    if (minor >= 74) read_hosts(fields, out);
    if (minor >= 90 && fields.has("hostname")) out.hostname = read_hostname(fields);
}

constexpr std::size_t kMostHintedServers = 100;

/// The value of same_host or different_host: an id of a server, or a list of ids.
std::vector<std::string> read_servers(const json::object& hints, const std::string& where, std::string_view hint) {
    const auto* value = hints.if_contains(hint);
    if (value == nullptr || value->is_null()) return {};
    const json::array one{*value};
    const auto& list = value->is_array() ? value->get_array() : one;
    const auto field = where + "." + std::string(hint);
    if (list.size() > kMostHintedServers) {
        throw Error(ErrorCode::InvalidInput, field + ": at most " + std::to_string(kMostHintedServers) + " servers");
    }
    std::vector<std::string> ids;
    for (const auto& item : list) {
        if (!item.is_string() || !is_uuid_like(item.get_string())) {
            throw Error(ErrorCode::InvalidInput, field + ": must be the id of a server, or a list of ids");
        }
        ids.push_back(canonical_uuid(item.get_string()));
    }
    return ids;
}

/// Those that Nova's filters take. Others are an operator's own business there, and mean nothing here or there.
void refuse_hints(const json::object& hints, const std::string& where) {
    for (const auto* hint : {"build_near_host_ip", "cidr", "different_cell", "group", "query", "target_cell"}) {
        const auto* value = hints.if_contains(hint);
        if (value == nullptr || value->is_null()) continue;
        throw Error(ErrorCode::InvalidInput,
                    where + "." + hint + ": the scheduler of this cloud can't follow that hint: leave it out");
    }
}

void read_hints(const json::object& body, CreateRequest& out) {
    for (const auto* key : {"os:scheduler_hints", "OS-SCH-HNT:scheduler_hints"}) {
        const auto* hints = body.if_contains(key);
        if (hints == nullptr) continue;
        if (!hints->is_object()) throw Error(ErrorCode::InvalidInput, std::string(key) + ": must be an object");
        refuse_hints(hints->get_object(), key);
        for (auto& id : read_servers(hints->get_object(), key, "same_host")) out.same_host.push_back(std::move(id));
        for (auto& id : read_servers(hints->get_object(), key, "different_host"))
            out.different_host.push_back(std::move(id));
    }
}

const json::object& server_object(const json::object& body) {
    for (const auto& item : body) {
        const std::string_view key = item.key();
        if (key != "server" && key != "os:scheduler_hints" && key != "OS-SCH-HNT:scheduler_hints") {
            throw Error(ErrorCode::InvalidInput, "unknown field '" + std::string(key.substr(0, 64)) + "'");
        }
    }
    const auto* server = body.if_contains("server");
    if (server == nullptr || !server->is_object()) {
        throw Error(ErrorCode::InvalidInput, "server: is required and must be an object");
    }
    return server->get_object();
}

}  // namespace

CreateRequest read_create_request(const json::object& body, int minor) {
    http::Fields fields(server_object(body), "server");
    CreateRequest out;
    read_hints(body, out);
    out.name = read_server_name(fields);
    out.image_ref = read_image_ref(fields);
    out.flavor_ref = read_flavor_ref(fields);
    out.block_devices = read_list(fields, "block_device_mapping");
    out.block_devices_v2 = read_list(fields, "block_device_mapping_v2");
    out.networks = read_networks(fields, minor);
    read_counts(fields, out);
    out.key_name = fields.string("key_name", 1, 255).value_or("");
    out.metadata = fields.metadata("metadata").value_or(json::object());
    out.user_data = read_user_data(fields);
    out.config_drive = fields.boolean("config_drive").value_or(false);
    out.security_groups = read_security_groups(fields);
    read_zone(fields, out);
    out.admin_password = fields.string("adminPass", 0, 255).value_or("");
    out.access_ip_v4 = read_address(fields, "accessIPv4");
    out.access_ip_v6 = read_address(fields, "accessIPv6");
    out.disk_config = fields.one_of("OS-DCF:diskConfig", {"AUTO", "MANUAL"}).value_or("MANUAL");
    read_newer(fields, minor, out);
    fields.finish();
    return out;
}

}  // namespace virga::compute::api
