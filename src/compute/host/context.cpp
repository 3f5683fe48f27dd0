#include "compute/host/context.hpp"

#include "base/error.hpp"
#include "base/ids.hpp"

namespace virga::compute::host {

std::string server_of(const json::object& params) {
    const auto id = get_string(params, "server_id");
    if (!is_uuid_like(id)) throw Error(ErrorCode::InvalidInput, "server_id '" + id + "' is not a UUID");
    return canonical_uuid(id);
}

std::string volume_of(const json::object& params) {
    const auto id = get_string(params, "volume_id");
    if (!is_uuid_like(id)) throw Error(ErrorCode::InvalidInput, "volume_id '" + id + "' is not a UUID");
    return canonical_uuid(id);
}

GuestSpec guest_of(const json::object& params) {
    const auto object = get_object(params, "guest");
    auto guest = GuestSpec::from_json(object);
    guest.server_id = server_of(object);
    return guest;
}

std::map<std::string, Secret> keys_of(const json::object& params) {
    std::map<std::string, Secret> keys;
    const auto given = get_object(params, "keys");
    for (const auto& [id, key] : given) keys.emplace(std::string(id), Secret(get_string(given, id)));
    return keys;
}

FetchHooks hooks_of(const rpc::Command& call) {
    return {call.cancelled, call.progress};
}

json::object power_state_reply(Context& context, const std::string& server_id) {
    return {{"power_state", context.driver->state(server_id).power_state}};
}

}  // namespace virga::compute::host
