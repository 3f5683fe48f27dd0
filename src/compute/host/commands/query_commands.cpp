#include "compute/host/context.hpp"

namespace virga::compute::host {
namespace {

json::object server_state(Context& context, const rpc::Command& call) {
    const auto state = context.driver->state(server_of(call.params));
    return {{"power_state", state.power_state}, {"exists", state.exists}};
}

json::array servers(Context& context) {
    json::array list;
    for (const auto& guest : context.driver->list()) {
        json::array volumes;
        for (const auto& id : guest.volumes) volumes.emplace_back(id);
        list.push_back(json::object{{"id", guest.server_id},
                                    {"power_state", guest.power_state},
                                    {"volumes", std::move(volumes)},
                                    {"excess_rights", guest.excess_rights}});
    }
    return list;
}

json::array taps_of(const ServerFolder& folder) {
    json::array taps;
    for (const auto& nic : folder.nics()) taps.emplace_back(nic.tap);
    return taps;
}

json::object inventory(Context& context, const rpc::Command&) {
    json::array folders;
    json::object taps;
    for (const auto& id : server_folders(context.instances)) {
        folders.emplace_back(id);
        if (auto list = taps_of(context.folder(id)); !list.empty()) taps[id] = std::move(list);
    }
    json::array bases;
    for (const auto& base : context.cache->inventory())
        bases.push_back(json::object{{"image_sha1", base.name}, {"bytes", base.bytes}});
    return {{"servers", servers(context)},
            {"folders", std::move(folders)},
            {"taps", std::move(taps)},
            {"bases", std::move(bases)}};
}

}  // namespace

void add_query_commands(CommandTable& table, Context& context) {
    table[command::kServerState] = [&context](const rpc::Command& call) { return server_state(context, call); };
    table[command::kInventory] = [&context](const rpc::Command& call) { return inventory(context, call); };
}

}  // namespace virga::compute::host
