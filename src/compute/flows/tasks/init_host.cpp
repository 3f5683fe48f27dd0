#include <set>
#include <unordered_map>

#include "base/log.hpp"
#include "compute/flows/flow_data.hpp"
#include "compute/flows/host_calls.hpp"
#include "compute/flows/host_claim.hpp"
#include "compute/flows/power_sync.hpp"
#include "compute/flows/tasks/tasks.hpp"
#include "compute/host_commands.hpp"
#include "compute/repo/server_repo.hpp"

namespace virga::compute::flows {
namespace {

std::set<std::string> ids_on_host(const json::object& inventory) {
    std::set<std::string> ids;
    for (const auto& server : get_array(inventory, "servers")) ids.insert(get_string(server.as_object(), "id"));
    for (const auto& folder : get_array(inventory, "folders")) ids.emplace(folder.as_string());
    return ids;
}

std::unordered_map<std::string, PowerState> guest_states(const json::object& inventory) {
    std::unordered_map<std::string, PowerState> states;
    for (const auto& guest : get_objects(inventory, "servers"))
        states[get_string(guest, "id")] = state_of_guest(true, get_int(guest, "power_state"));
    return states;
}

/// compute.manager.init_host: brings a host that came up in line with the rows. The inventory is taken before the rows
/// are read: whatever a flow begins on the host afterwards has its row already, so it can't be taken for a stray. All
/// hosts come up at once when a control process starts: what is as it should be is found by one look at the rows.
class InitHost : public TypedComputeTask<ServerData> {
public:
    using TypedTask::TypedTask;

    taskflow::Outcome execute(const Context& context) override {
        const auto host = context.data.host;
        const auto inventory = ask(context, host, command::kInventory);
        const auto taps = ask(context, host, network::command::kInventory);
        const auto servers = servers_of(host);
        taskflow::Outcome outcome;
        outcome.decision = "host " + host + " is compared with the rows";
        const auto kept = remove_released(context, host, ids_on_host(inventory), servers, outcome);
        auto known = known_taps(servers);
        add_taps(known, inventory, kept);
        unplug_strays(context, host, known, get_array(taps, "taps"), outcome);
        const auto states = guest_states(inventory);
        for (const auto& server : servers) {
            const auto state = states.find(server.id.value);
            if (is_in_line(server, state == states.end() ? PowerState::Shutdown : state->second)) continue;
            const auto change = sync_power_state(d_, context, server);
            if (!change.empty()) outcome.decision += "; " + server.id.value + ": " + change;
        }
        return outcome;
    }

private:
    json::object ask(const Context& context, const std::string& host, std::string_view method) {
        rpc::CallOptions options;  // no command id: each answer must be of now
        options.request_id = context.request_id;
        options.cancelled = context.cancel_requested;
        return d_.hosts.call(host, method, {}, options);
    }

    std::vector<Server> servers_of(const std::string& host) {
        repo::ServerFilter filter;
        filter.host = host;
        filter.limit = 1'000'000;
        return d_.db.read_with([&](db::Transaction& tx) { return repo::list_servers(tx, filter); });
    }

    /// Removes what the control has released, and returns the servers that are left.
    std::set<std::string> remove_released(const Context& context, const std::string& host,
                                          const std::set<std::string>& ids, const std::vector<Server>& servers,
                                          taskflow::Outcome& outcome) {
        std::set<std::string> kept;
        // No flow works on those: one that deletes them would have a task_state.
        for (const auto& server : servers)
            if (is_settled(server) && ids.contains(server.id.value)) kept.insert(server.id.value);
        for (const auto& id : ids) {
            if (kept.contains(id)) continue;
            const auto claim =
                d_.db.read_with([&](db::Transaction& tx) { return claim_on_host(tx, d_, ServerId(id), host); });
            switch (claim) {
                case HostClaim::Held:
                    kept.insert(id);
                    break;
                case HostClaim::Released:
                    remove(context, host, id);
                    outcome.decision += "; stray guest " + id + " destroyed";
                    break;
                case HostClaim::Unknown:
                    log::warning("a host has a server that is on no record: it is left alone",
                                 {{"host", host}, {"server", id}});
                    outcome.decision += "; unknown guest " + id + " is left alone";
                    kept.insert(id);
                    break;
            }
        }
        return kept;
    }

    void remove(const Context& context, const std::string& host, const std::string& id) {
        log::warning("guest without a server on this host is destroyed", {{"host", host}, {"server", id}});
        d_.hosts.call(host, command::kRemoveServerFiles, json::object{{"server_id", id}},
                      call_options(context, "remove/" + id, kDestroyDeadline));
    }

    /// Those that guests were started with: of servers whose guests stay, also when no row knows them.
    static void add_taps(std::set<std::string>& taps, const json::object& inventory,
                         const std::set<std::string>& servers) {
        const auto by_server = get_object(inventory, "taps");
        for (const auto& server : servers)
            for (const auto& tap : get_array(by_server, server)) taps.emplace(std::string_view(tap.as_string()));
    }

    std::set<std::string> known_taps(const std::vector<Server>& servers) {
        std::vector<ServerId> ids;
        ids.reserve(servers.size());
        for (const auto& server : servers) ids.push_back(server.id);
        std::set<std::string> taps;
        auto tx = d_.db.read();
        for (const auto& [server, nics] : d_.networks.nics_of_servers(tx, ids)) {
            for (const auto& nic : nics) taps.insert(nic.tap);
        }
        return taps;
    }

    void unplug_strays(const Context& context, const std::string& host, const std::set<std::string>& known,
                       const json::array& taps, taskflow::Outcome& outcome) {
        json::array strays;
        for (const auto& tap : taps) {
            network::Nic nic;
            nic.tap = std::string(tap.as_string());
            if (!known.contains(nic.tap)) strays.push_back(nic.to_json());
        }
        if (strays.empty()) return;
        outcome.decision += "; " + std::to_string(strays.size()) + " stray taps removed";
        d_.hosts.call(host, network::command::kUnplug, json::object{{"nics", strays}},
                      call_options(context, "unplug", kShortDeadline));
    }
};

class SyncPowerState : public TypedComputeTask<ServerData> {
public:
    using TypedTask::TypedTask;

    taskflow::Outcome execute(const Context& context) override {
        const auto server =
            d_.db.read_with([&](db::Transaction& tx) { return repo::find_server(tx, context.data.server); });
        taskflow::Outcome outcome;
        if (server) outcome.decision = sync_power_state(d_, context, *server);
        if (outcome.decision.empty()) outcome.decision = "guest and server agree";
        return outcome;
    }
};

}  // namespace

TaskPtr make_init_host(Dependencies& d) {
    return std::make_shared<InitHost>(d);
}

TaskPtr make_sync_power_state(Dependencies& d) {
    return std::make_shared<SyncPowerState>(d);
}

}  // namespace virga::compute::flows
